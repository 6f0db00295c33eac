-- What went out, when and how, and what came back of it.

-- name: kort
with counted as (
    select 'verzendingen' as figure, seq from dispatch
    union all
    select 'bezorgd', seq from dispatch where result in ('delivered', 'read')
    union all
    select 'mislukt', seq from dispatch where result in ('returned', 'failed')
    union all
    select 'stil', seq from dispatch where result is null
    union all
    select 'niet_vastgelegd', opened_seq
    from letter
    where sent_date is not null and dispatched_seq is null and destroyed_seq is null and received_date is null
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (select unnest(['verzendingen', 'bezorgd', 'mislukt', 'stil', 'niet_vastgelegd']) as figure) as wanted
left join counted using (figure)
group by wanted.figure

-- name: kanalen
select
    channel as kanaal,
    count(*) as verzendingen,
    count(*) filter (result in ('delivered', 'read')) as bezorgd,
    count(*) filter (result in ('returned', 'failed')) as mislukt,
    list(seq order by seq) as events
from dispatch
group by channel
order by verzendingen desc, channel

-- name: lijst
select
    letter.number as nummer,
    letter.subject as onderwerp,
    dispatch.date as datum,
    dispatch.channel as kanaal,
    dispatch.result as bericht,
    dispatch.note as opmerking,
    dispatch.deviation as afwijking,
    dispatch.stream as record,
    [dispatch.seq] as events
from dispatch
left join letter using (stream)
order by dispatch.seq
