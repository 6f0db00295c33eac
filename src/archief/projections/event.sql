-- Every event of an authorised commit, without what it says: facts stand in the log, words in its payload.
-- Grain: one row per event.
create or replace table event as
select stream, seq, stream_seq, type, commit_seq, time, key, person, payload
from event
order by seq;

comment on table event is 'Every event of an authorised commit, without what it says. One row per event.';
comment on column event.stream is 'what it happened to, by its random id';
comment on column event.seq is 'its entry in the log; with the origin it names the event for ever';
comment on column event.stream_seq is 'its place in its stream, from 0';
comment on column event.type is 'what happened: the tag in the log, see events.md';
comment on column event.commit_seq is 'entry of the commit that sealed it';
comment on column event.time is 'time of that commit, UTC';
comment on column event.key is 'id of the key that signed that commit';
comment on column event.person is 'stream of the person the key belongs to';
comment on column event.payload is 'none: it never had one; present; absent: erased under a decision';
