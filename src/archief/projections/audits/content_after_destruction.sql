-- A destroyed record takes no content any more (format.md, erasing)
-- severity: grave
-- remedy: find out who appended it (`archief history RECORD`); erase it: `archief destroy erase`
with destroyed as (
    select stream, min(seq) as seq
    from event
    where type = 'record_destroyed.v1'
    group by stream
)
select event.stream, event.seq, printf('content after entry %d destroyed the record', destroyed.seq) as what
from event
join destroyed on destroyed.stream = event.stream and destroyed.seq < event.seq
join event_type on event_type.tag = event.type
where event_type.content
order by event.seq;
