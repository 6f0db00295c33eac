-- Which records are destroyed, under which authorisation. Grain: one row per destroyed record.
create or replace table destroyed as
select
    stream,
    min(seq) as seq,
    arg_min(time, seq) as time,
    arg_min(cast(more ->> 'authorisation' as bigint), seq) as authorisation,
    arg_min(try_cast(more ->> 'destruction' as uuid), seq) as destruction
from event
where type = 'record_destroyed.v1'
group by stream
order by seq;

comment on table destroyed is 'Which records are destroyed, under which authorisation. One row per destroyed record.';
comment on column destroyed.stream is 'the record';
comment on column destroyed.seq is 'entry that says it is destroyed';
comment on column destroyed.time is 'when, UTC';
comment on column destroyed.authorisation is 'entry of the authorisation';
comment on column destroyed.destruction is 'the destruction it is part of, by stream';
