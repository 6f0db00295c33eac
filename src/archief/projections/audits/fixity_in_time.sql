-- Bytes were read again and compared within the last year, and that stands in the log (draft Archiefregeling 2.8 b; Archiefregeling 16)
-- severity: serious
-- remedy: `archief verify --record`; a sample counts too: `archief verify --sample 1000 --record`
with last as (
    select
        max(seq) as seq,
        cast(max(time) at time zone 'UTC' at time zone 'Europe/Amsterdam' as date) as day
    from event
    where type = (select coalesce(max(type) filter (type = 'fixity_checked.v1'), 'archive_founded.v1') from event)
)
select
    event.stream,
    event.seq,
    printf('%s on %s', if(event.type = 'fixity_checked.v1', 'the last check was recorded', 'no check was recorded since the founding'), strftime(last.day, '%Y-%m-%d')) as what
from last
join event using (seq)
where last.day + interval 1 year < cast($day as date);
