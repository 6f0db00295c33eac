-- The events of entry, each with the commit that seals it and what became of its words.
-- An asof join of whole rows would sort them; so only their numbers are sorted.
create or replace temp table staged as
select
    entry.stream,
    entry.seq,
    entry.stream_seq,
    entry.type,
    seal.seq as commit_seq,
    seal.time,
    seal.key,
    seal.person,
    seal.authorised,
    case
        when not entry.committed then 'none'
        when entry.seq in (select gone.seq from gone) then 'absent'
        else 'present'
    end as payload,
    entry.facts
from entry
join (
    select event.seq, seal.seq as commit_seq
    from (select seq from entry where events is null) as event
    asof join seal on event.seq < seal.seq
) as sealed on sealed.seq = entry.seq
join seal on seal.seq = sealed.commit_seq
