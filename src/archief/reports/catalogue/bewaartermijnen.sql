-- What is due for destruction or transfer on the reference date, how old the backlog is, and what has no date and why.
-- Dossiers, because the law values dossiers; letters follow theirs. Destroyed dossiers are in the report on destruction.

-- name: kort
with judged as (
    select
        retention.*,
        list_filter([dossier.opened_seq, dossier.classified_seq, dossier.closed_seq], lambda x: x is not null) as seqs
    from retention
    join dossier using (stream)
),
stayed as (
    select distinct record as stream
    from kept_here
    where (begin_date is null or begin_date <= $day) and (end_date is null or end_date > $day)
),
counted as (
    select 'dossiers' as figure, seqs from judged
    union all
    select 'blijvend', seqs from judged where waardering = 'B'
    union all
    select 'tijdelijk', seqs from judged where waardering = 'V'
    union all
    select 'ongewaardeerd', seqs from judged where missing = 'unclassified'
    union all
    select 'zonder_datum', seqs from judged where missing <> 'unclassified'
    union all
    select 'te_vernietigen', seqs from judged where outcome = 'destroy' and action_date <= $day
    union all
    select 'geblokkeerd', judged.seqs
    from judged join stayed using (stream)
    where judged.outcome = 'destroy' and judged.action_date <= $day
    union all
    select 'over_te_brengen', seqs from judged where outcome = 'transfer' and action_date <= $day
    union all
    select 'te_laat', seqs from judged where outcome = 'transfer' and latest_date < $day
    union all
    select 'los', [seq] from unfiled
)
select
    figure,
    count(counted.seqs) as value,
    list_sort(flatten(list(counted.seqs) filter (counted.seqs is not null))) as events
from (
    select unnest([
        'dossiers', 'blijvend', 'tijdelijk', 'ongewaardeerd', 'zonder_datum', 'te_vernietigen', 'geblokkeerd',
        'over_te_brengen', 'te_laat', 'los'
    ]) as figure
) as wanted
left join counted using (figure)
group by figure
order by figure

-- name: achterstand
with aged as (
    select
        retention.outcome,
        case
            when action_date > $day - interval 1 year then 1
            when action_date > $day - interval 2 years then 2
            when action_date > $day - interval 5 years then 3
            when action_date > $day - interval 10 years then 4
            else 5
        end as age,
        coalesce(dossier.closed_seq, dossier.classified_seq) as seq
    from retention
    join dossier using (stream)
    where action_date <= $day
)
select
    ['korter dan 1 jaar', '1 tot 2 jaar', '2 tot 5 jaar', '5 tot 10 jaar', '10 jaar of langer'][wanted.age] as ouderdom,
    count(*) filter (outcome = 'destroy') as vernietigen,
    count(*) filter (outcome = 'transfer') as overbrengen,
    list(seq order by seq) filter (seq is not null) as events
from (select unnest([1, 2, 3, 4, 5]) as age) as wanted
left join aged using (age)
group by wanted.age
order by wanted.age

-- name: verloop
with happened as (
    select
        year(retention.action_date) as year,
        retention.outcome,
        coalesce(dossier.closed_seq, dossier.classified_seq) as seq
    from retention
    join dossier using (stream)
    where retention.action_date is not null
    union all
    select
        year((destroyed.time at time zone 'UTC') at time zone 'Europe/Amsterdam'),
        'destroyed',
        destroyed.seq
    from destroyed
    join dossier using (stream)
)
select
    cast(year as varchar) as jaar,
    count(*) filter (outcome = 'destroy') as vernietigen,
    count(*) filter (outcome = 'transfer') as overbrengen,
    count(*) filter (outcome = 'destroyed') as vernietigd,
    list(seq order by seq) as events
from happened
group by year
order by year

-- name: zonder_datum
select
    retention.missing as reden,
    count(*) as dossiers,
    min(dossier.opened) as oudste,
    list(coalesce(dossier.closed_seq, dossier.classified_seq, dossier.opened_seq)
        order by coalesce(dossier.closed_seq, dossier.classified_seq, dossier.opened_seq)) as events
from retention
join dossier using (stream)
where retention.missing is not null
group by retention.missing
order by dossiers desc, reden

-- name: rijen
select
    retention.list as lijst,
    retention.row as rij,
    any_value(list_row.resultaat) as resultaat,
    any_value(retention.waardering) as waardering,
    any_value(list_row.bewaartermijn) as bewaartermijn,
    count(distinct retention.stream) as dossiers,
    count(distinct retention.stream) filter (retention.action_date <= $day) as aan_de_beurt,
    list(distinct dossier.classified_seq order by dossier.classified_seq) as events
from retention
join dossier using (stream)
left join list_row on list_row.list = retention.list and list_row.nummer = retention.row
where dossier.classified_seq is not null
group by retention.list, retention.row
order by retention.list, retention.row

-- name: dossiers
with blocked as (
    select record, list(seq order by seq) as seqs
    from block
    where lifted_seq is null and (begin_date is null or begin_date <= $day) and (end_date is null or end_date > $day)
    group by record
),
stayed as (
    select stream, list_sort(list_distinct(flatten(list(seqs)))) as seqs
    from (
        select record as stream, seqs from blocked
        union all
        select filing.dossier, blocked.seqs from filing join blocked on blocked.record = filing.stream
    )
    group by stream
)
select
    retention.number as nummer,
    retention.title as titel,
    retention.closed as gesloten,
    retention.row as rij,
    retention.waardering,
    retention.outcome as bestemming,
    retention.action_date as vanaf,
    retention.latest_date as uiterlijk,
    case
        when retention.missing is not null then 'geen datum'
        when retention.action_date > $day then 'nog niet'
        when retention.outcome = 'destroy' and stayed.stream is not null then 'geblokkeerd'
        when retention.latest_date < $day then 'te laat'
        else 'aan de beurt'
    end as stand,
    retention.missing as reden,
    retention.stream as record,
    list_sort(list_filter(
        list_concat([dossier.opened_seq, dossier.classified_seq, dossier.closed_seq], coalesce(stayed.seqs, [])),
        lambda x: x is not null
    )) as events
from retention
join dossier using (stream)
left join stayed using (stream)
order by retention.action_date nulls last, dossier.opened_seq
