-- The people and offices that the log knows. Grain: one row per person.
create or replace table person as
select
    stream,
    seq,
    time as enrolled,
    data.name as name,
    data.function as function
from event
where type = 'person_enrolled.v1'
order by seq;

comment on table person is 'The people and offices that the log knows. One row per person.';
comment on column person.stream is 'the person, by the random id that the log uses';
comment on column person.seq is 'entry that enrolled the person';
comment on column person.enrolled is 'when, UTC';
comment on column person.name is 'the name';
comment on column person.function is 'the function';
