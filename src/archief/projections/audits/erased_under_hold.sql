-- Nothing is erased by a decision from a record that a hold keeps, nor from a letter in a dossier that one keeps (AVG 17 lid 3; Woo 4.1a)
-- severity: grave
-- remedy: find out who erased it (`archief history RECORD`): it cannot be undone; open a finding
with erased as (
    select stream, seq, cast(time at time zone 'UTC' at time zone 'Europe/Amsterdam' as date) as day
    from event
    where type = 'payload_erased.v1'
),
around as (
    select stream, seq, day, stream as kept from erased
    union all
    select erased.stream, erased.seq, erased.day, filing.dossier
    from erased
    join filing on filing.stream = erased.stream and filing.seq < erased.seq
)
select distinct around.stream, around.seq, 'a hold kept it when a part of it was erased' as what
from around
join block on block.record = around.kept and block.seq < around.seq
where
    block.kind = 'hold'
    and (block.begin_date is null or block.begin_date <= around.day)
    and (block.end_date is null or block.end_date > around.day)
    and (block.lifted_seq is null or block.lifted_seq > around.seq)
order by around.seq;
