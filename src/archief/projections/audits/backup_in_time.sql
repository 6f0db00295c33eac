-- The archive was copied within the last month (Archiefregeling 16; BIO, back-up; Archief-KPI 9)
-- severity: serious
-- remedy: `archief backup FOLDER`, with a key of an archivaris or recordmanager so that it stands in the log
with last as (
    select
        max(seq) as seq,
        cast(max(time) at time zone 'UTC' at time zone 'Europe/Amsterdam' as date) as day
    from event
    where type = (select coalesce(max(type) filter (type = 'backup_made.v1'), 'archive_founded.v1') from event)
)
select
    event.stream,
    event.seq,
    printf('%s on %s', if(event.type = 'backup_made.v1', 'the last back-up was made', 'no back-up was made since the founding'), strftime(last.day, '%Y-%m-%d')) as what
from last
join event using (seq)
where last.day + interval 1 month < cast($day as date);
