-- What every projection reads: the events of authorised commits, each with its commit, its facts and its words.
-- The lines with [data] are left out for a projection that does not name data: a join with payloads is not for nothing.
create or replace temp view event as
select
    entry.stream,
    entry.seq,
    entry.stream_seq,
    entry.type,
    seal.seq as commit_seq,
    seal.time,
    seal.key,
    seal.person,
    case
        when not entry.committed then 'none'
        when entry.seq in (select gone.seq from gone) then 'absent'
        else 'present'
    end as payload,
    entry.facts,
    entry.more,
    words.data, -- [data]
from (select * from entry where events is null) as entry
asof join seal on entry.seq < seal.seq
left join words on words.seq = entry.seq -- [data]
where seal.authorised
