-- A finding is closed once, and nobody follows it up after that (Archiefregeling 16; Toetsingskader norm 8)
-- severity: serious
-- remedy: what was closed first counts; open a finding of its own where more must be done: `archief finding open`
with closed as (
    select stream, min(seq) as seq from event where type = 'finding_closed.v1' group by stream
)
select event.stream, event.seq, printf('%s after entry %d closed the finding', event_type.name, closed.seq) as what
from event
join closed on closed.stream = event.stream and closed.seq < event.seq
join event_type on event_type.tag = event.type
where event.type in ('finding_assigned.v1', 'finding_closed.v1')
order by event.seq;
