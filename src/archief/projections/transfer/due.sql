-- What is due for transfer on the day $day: dossiers whose time has come, and the letters in them. Grain: one row per record,
-- dossiers first. A dossier with a hold on it, or on a letter in it, stays as a whole.
with held as (
    select record
    from kept_here
    where kind = 'hold' and (begin_date is null or begin_date <= $day) and (end_date is null or end_date > $day)
),
ripe as (
    select retention.stream
    from retention
    anti join held on held.record = retention.stream
    where retention.outcome = 'transfer' and retention.action_date <= $day
)
select 1 as place, cast(stream as varchar) as stream from ripe
union all
select distinct 2 as place, cast(filing.stream as varchar) as stream
from filing
join ripe on ripe.stream = filing.dossier
join letter on letter.stream = filing.stream
where letter.destroyed_seq is null and not exists (select 1 from handed_over where handed_over.stream = filing.stream)
order by place, stream
