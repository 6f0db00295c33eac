-- Destructions: what was proposed and by whom it was looked at, what is blocked and why, what was done, with certificates.

-- name: kort
with counted as (
    select 'voorgesteld' as figure, seq from destruction
    union all
    select 'lopend', seq from destruction where status in ('proposed', 'reviewed', 'consented', 'authorised', 'started')
    union all
    select 'geweigerd', coalesce(cancelled_seq, reviewed_seq) from destruction where status in ('refused', 'cancelled')
    union all
    select 'uitgevoerd', closed_seq from destruction where closed_seq is not null
    union all
    select 'records', seq from destroyed
    union all
    select 'brieven', destroyed_seq from letter where destroyed_seq is not null
    union all
    select 'dossiers', destroyed_seq from dossier where destroyed_seq is not null
    union all
    select distinct 'blokkades', seq
    from block
    where lifted_seq is null and (begin_date is null or begin_date <= $day) and (end_date is null or end_date > $day)
    union all
    select 'gewist', seq from event where type = 'payload_erased.v1'
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (
    select unnest([
        'voorgesteld', 'lopend', 'geweigerd', 'uitgevoerd', 'records', 'brieven', 'dossiers', 'blokkades', 'gewist'
    ]) as figure
) as wanted
left join counted using (figure)
group by wanted.figure
order by wanted.figure

-- name: jaren
with kinds as (
    select stream, 'letter' as kind from letter
    union all
    select stream, 'dossier' from dossier
)
select
    strftime((destroyed.time at time zone 'UTC') at time zone 'Europe/Amsterdam', '%Y') as jaar,
    count(*) filter (kinds.kind = 'letter') as brieven,
    count(*) filter (kinds.kind = 'dossier') as dossiers,
    list(destroyed.seq order by destroyed.seq) as events
from destroyed
left join kinds using (stream)
group by jaar
order by jaar

-- name: rondes
with named as (
    select stream, coalesce(name, cast(stream as varchar)[:8]) as name from person
)
select
    destruction.title as titel,
    destruction.round as ronde,
    destruction.status,
    destruction.reference_date as peildatum,
    destruction.records as voorgesteld,
    destruction.excepted as uitgezonderd,
    proposer.name as voorsteller,
    (
        select string_agg(named.name, ', ' order by named.name) from named
        where list_contains(destruction.reviewers, named.stream)
    ) as beoordelaars,
    consenter.name as archivaris,
    authoriser.name as gemachtigd,
    destruction.earliest as niet_voor,
    case
        when authoriser.stream is null then null
        when destruction.proposer = destruction.authoriser
            or list_contains(destruction.reviewers, destruction.proposer)
            or list_contains(destruction.reviewers, destruction.authoriser)
            then 'nee'
        else 'ja'
    end as gescheiden,
    destruction.closed_seq as verklaring,
    destruction.stream as record,
    list_filter(
        [
            destruction.seq, destruction.reviewed_seq, destruction.consented_seq, destruction.authorised_seq,
            destruction.cancelled_seq, destruction.started_seq, destruction.closed_seq
        ],
        lambda x: x is not null
    ) as events
from destruction
left join named as proposer on proposer.stream = destruction.proposer
left join named as consenter on consenter.stream = destruction.consenter
left join named as authoriser on authoriser.stream = destruction.authoriser
order by destruction.seq

-- name: blokkades
with kinds as (
    select stream, 'letter' as kind, number as name from letter
    union all
    select stream, 'dossier', coalesce(number, title) from dossier
)
select
    coalesce(kinds.name, cast(block.record as varchar)[:8]) as naam,
    kinds.kind as wat,
    block.kind as soort,
    block.ground as grond,
    block.begin_date as vanaf,
    block.end_date as tot,
    coalesce(retention.action_date, retention_letter.action_date) <= $day
        and coalesce(retention.outcome, retention_letter.outcome) = 'destroy' as houdt_tegen,
    block.record as record,
    [block.seq] as events
from block
left join kinds on kinds.stream = block.record
left join retention on retention.stream = block.record
left join retention_letter on retention_letter.stream = block.record
where
    block.lifted_seq is null
    and (block.begin_date is null or block.begin_date <= $day)
    and (block.end_date is null or block.end_date > $day)
order by block.seq, block.record

-- name: vernietigd
with kinds as (
    select stream, 'letter' as kind, opened_seq from letter
    union all
    select stream, 'dossier', opened_seq from dossier
)
select
    cast(destroyed.stream as varchar) as kenmerk,
    coalesce(kinds.kind, 'other') as wat,
    destroyed.time as moment,
    destruction.round as ronde,
    destroyed.authorisation as machtiging,
    destruction.closed_seq as verklaring,
    destroyed.stream as record,
    list_filter([kinds.opened_seq, destroyed.authorisation, destroyed.seq, destruction.closed_seq], lambda x: x is not null)
        as events
from destroyed
left join kinds using (stream)
left join destruction on destruction.authorised_seq = destroyed.authorisation
order by destroyed.seq

-- name: gewist
select
    cast(event.stream as varchar) as kenmerk,
    event.time as moment,
    person.name as door,
    event.stream as record,
    [event.seq] as events
from event
left join person on person.stream = event.person
where event.type = 'payload_erased.v1'
order by event.seq
