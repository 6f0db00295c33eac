-- Which records are open, for a snapshot of level "open". $limited: records that a limit on openness holds on.
-- A letter is open when we sent it, did not take it back, and no limit holds on it or on a dossier that it is in.
-- A dossier is open when no limit holds on it and every letter in it is open.
create temp table record_openness as
with limited as (
    select cast(unnest($limited::varchar[]) as uuid) as stream
),
reached as (
    select stream from limited
    union
    select filing.stream
    from filing
    join limited on limited.stream = filing.dossier
),
judged as (
    select
        letter.stream,
        case
            when reached.stream is not null then 'limited'
            when letter.withdrawn_seq is not null then 'withdrawn'
            when letter.dispatched_seq is null then 'not_sent'
        end as why
    from letter
    left join reached on reached.stream = letter.stream
),
closed as (
    select distinct filing.dossier
    from filing
    join judged on judged.stream = filing.stream
    where judged.why is not null
)
select stream, 'letter' as kind, why from judged
union all
select
    dossier.stream,
    'dossier' as kind,
    case
        when reached.stream is not null then 'limited'
        when closed.dossier is not null then 'with_a_closed_letter'
    end as why
from dossier
left join reached on reached.stream = dossier.stream
left join closed on closed.dossier = dossier.stream
