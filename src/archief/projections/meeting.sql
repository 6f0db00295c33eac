-- The meetings that were announced. Grain: one row per meeting.
create or replace table meeting as
select
    stream,
    seq,
    time as planned,
    facts.kind as kind,
    try_cast(facts.date as date) as date,
    data.begin_time as begin_time,
    data.end_time as end_time,
    data.title as title,
    data.place as place,
    facts.letter as letter,
    facts.follows as follows,
    data.inferred as inferred,
    data.note as note
from event
where type = 'meeting_planned.v1'
order by seq;

comment on table meeting is 'The meetings that were announced. One row per meeting.';
comment on column meeting.stream is 'the meeting';
comment on column meeting.seq is 'entry that planned it';
comment on column meeting.planned is 'when, UTC';
comment on column meeting.kind is 'stadsronde, raadsronde, domeinvergadering, raadsvergadering';
comment on column meeting.date is 'day of the meeting';
comment on column meeting.begin_time is 'when it begins, local time';
comment on column meeting.end_time is 'when it ends, local time';
comment on column meeting.title is 'what it is about';
comment on column meeting.place is 'where';
comment on column meeting.letter is 'letter that announces it';
comment on column meeting.follows is 'meeting it is the next step after';
comment on column meeting.inferred is 'what was concluded and does not stand in the source';
comment on column meeting.note is 'remarks';
