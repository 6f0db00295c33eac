-- A hold that has ended is lifted: what nobody looks at any more keeps nothing (Woo 4.1a; Archiefbesluit 8)
-- severity: minor
-- remedy: lift it: `archief hold lift HOLD --ground handled`; or place it again with a later end
select stream, min(seq) as seq, printf('it ended on %s, and is not lifted from %d of its records', strftime(end_date, '%Y-%m-%d'), count(*)) as what
from block
where
    kind = 'hold'
    and lifted_seq is null
    and end_date <= cast($day as date)
    and record not in (select stream from event where type = 'record_destroyed.v1')
group by stream, end_date
order by seq;
