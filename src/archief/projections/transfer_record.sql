-- Which records each transfer lists. Grain: one row per round of a transfer and record.
create or replace table transfer_record as
with part as (
    select
        stream,
        seq,
        max(case when coalesce(cast(more ->> 'part' as integer), 1) = 1 then seq end)
            over (partition by stream order by seq) as round_seq,
        from_json(more ->> 'streams', '["UUID"]') as records
    from event
    where type = 'transfer_proposed.v1'
)
select stream, seq, round_seq, unnest(records) as record
from part
order by seq, record;

comment on table transfer_record is 'Which records each transfer lists. One row per round of a transfer and record.';
comment on column transfer_record.stream is 'the transfer';
comment on column transfer_record.seq is 'entry that lists it';
comment on column transfer_record.round_seq is 'entry of the round''s first part: seq of table transfer';
comment on column transfer_record.record is 'the letter or dossier, by stream';
