-- What may not be destroyed, and why: holds and exemptions. Grain: one row per hold or exemption and record.
-- Whether one holds depends on the day: from begin_date on, before end_date, and not when lifted.
create or replace table block as
with placed as (
    select
        stream,
        seq,
        if(type = 'hold_placed.v1', 'hold', 'exemption') as kind,
        more ->> 'ground' as ground,
        try_cast(more ->> 'begin' as date) as begin_date,
        try_cast(more ->> 'end' as date) as end_date,
        unnest(from_json(more ->> 'streams', '["UUID"]')) as record
    from event
    where type in ('hold_placed.v1', 'exemption_granted.v1')
),
-- Placed again on a record, the last time counts.
current as (
    select *
    from placed
    qualify row_number() over (partition by stream, record order by seq desc) = 1
),
lifted as (
    select stream, seq, from_json(more ->> 'streams', '["UUID"]') as records
    from event
    where type = 'hold_lifted.v1'
)
select
    current.stream,
    current.record,
    any_value(current.seq) as seq,
    any_value(current.kind) as kind,
    any_value(current.ground) as ground,
    any_value(current.begin_date) as begin_date,
    any_value(current.end_date) as end_date,
    min(lifted.seq) as lifted_seq
from current
left join lifted
    on lifted.stream = current.stream
    and lifted.seq > current.seq
    and (lifted.records is null or list_contains(lifted.records, current.record))
group by current.stream, current.record
order by seq, record;

comment on table block is 'What may not be destroyed, and why: holds and exemptions. One row per hold or exemption and record.';
comment on column block.stream is 'the hold or exemption';
comment on column block.record is 'the letter or dossier, by stream';
comment on column block.seq is 'entry that placed it on this record';
comment on column block.kind is 'hold, exemption';
comment on column block.ground is 'woo:4.1a, litigation, own; the criterion of an exemption';
comment on column block.begin_date is 'first day it holds; null: at once';
comment on column block.end_date is 'first day it holds no longer; null: until lifted';
comment on column block.lifted_seq is 'entry that lifted it from this record';
