-- What happened, for people to read: the history of one record or of the whole archive. Grain: one row per event.
-- A view: it says nothing that is not in event, and costs nothing to rebuild.
create or replace view timeline as
select
    event.stream,
    event.seq,
    event.time,
    -- The day in the town hall, not in Greenwich.
    cast((event.time at time zone 'UTC') at time zone 'Europe/Amsterdam' as date) as date,
    replace(event_type.name, '_', ' ') as what,
    event_type.mdto,
    event.person,
    event.payload
from event
left join event_type on event_type.tag = event.type
order by event.seq;

comment on view timeline is 'What happened, for people to read. One row per event.';
comment on column timeline.stream is 'what it happened to';
comment on column timeline.seq is 'its entry in the log';
comment on column timeline.time is 'when it was recorded, UTC';
comment on column timeline.date is 'that day in Europe/Amsterdam';
comment on column timeline.what is 'what happened, in words';
comment on column timeline.mdto is 'the word of MDTO''s EventTypeLijst, where there is one';
comment on column timeline.person is 'who recorded it, by stream';
comment on column timeline.payload is 'whether its words are still there: none, present, absent';
