-- Every dossier: what it is, under which row it is classified, when it was closed, and what its term is counted from.
-- Grain: one row per dossier. The last classification counts; a reopening takes the closing away.
create or replace table dossier as
with happened as (
    select
        stream,
        arg_max(
            {'seq': seq, 'facts': more, 'brondatum': data.brondatum, 'procestermijn_end': data.procestermijn_end}, seq
        ) filter (type = 'dossier_classified.v1') as classified,
        arg_max(
            {
                'seq': seq,
                'closed': type = 'dossier_closed.v1',
                'facts': more,
                'brondatum': data.brondatum,
                'procestermijn_end': data.procestermijn_end
            },
            seq
        )
            filter (type in ('dossier_closed.v1', 'dossier_reopened.v1')) as closing,
        max(seq) filter (type = 'record_destroyed.v1') as destroyed_seq
    from event
    where type in ('dossier_classified.v1', 'dossier_closed.v1', 'dossier_reopened.v1', 'record_destroyed.v1')
    group by stream
),
told as (
    select
        opened.stream,
        opened.seq,
        opened.data.number as number,
        opened.data.title as title,
        opened.more as facts,
        happened.classified.facts as decision,
        happened.classified.brondatum as decided_brondatum,
        happened.classified.procestermijn_end as decided_end,
        happened.classified.seq as classified_seq,
        case when happened.closing.closed then happened.closing.facts end as closing,
        case when happened.closing.closed then happened.closing.brondatum end as closing_brondatum,
        case when happened.closing.closed then happened.closing.procestermijn_end end as closing_end,
        case when happened.closing.closed then happened.closing.seq end as closed_seq,
        happened.destroyed_seq
    from event as opened
    left join happened using (stream)
    where opened.type = 'dossier_opened.v1'
),
-- A date that both say counts as the later event says it.
noted as (
    select
        *,
        decision ->> 'termijn' as termijn,
        decision ->> 'procestermijn' as procestermijn,
        case
            when closed_seq > classified_seq or decided_brondatum is null
                then coalesce(closing_brondatum, decided_brondatum)
            else decided_brondatum
        end as brondatum,
        case
            when closed_seq > classified_seq or decided_end is null then coalesce(closing_end, decided_end)
            else decided_end
        end as procestermijn_end
    from told
)
select
    stream,
    nullif(number, '') as number,
    title,
    case when destroyed_seq is not null then 'destroyed' when closed_seq is not null then 'closed' else 'open' end as status,
    facts ->> 'organ' as organ,
    facts ->> 'ordering' as ordering,
    facts ->> 'place' as place,
    try_cast(facts ->> 'date' as date) as opened,
    try_cast(closing ->> 'date' as date) as closed,
    decision ->> 'list' as list,
    decision ->> 'row' as row,
    decision ->> 'waardering' as waardering,
    case when classified_seq is not null then coalesce(decision ->> 'afleidingswijze', 'afgehandeld') end as afleidingswijze,
    try_cast(brondatum as date) as brondatum,
    decision ->> 'kenmerk' as kenmerk,
    try_cast(decision ->> 'related' as uuid) as related,
    case
        when termijn is not null
            then
                12 * coalesce(try_cast(regexp_extract(termijn, '([0-9]+)Y', 1) as integer), 0)
                + coalesce(try_cast(regexp_extract(termijn, '([0-9]+)M', 1) as integer), 0)
    end as termijn_months,
    case
        when termijn is not null then coalesce(try_cast(regexp_extract(termijn, '([0-9]+)D', 1) as integer), 0)
    end as termijn_days,
    case
        when procestermijn is not null
            then
                12 * coalesce(try_cast(regexp_extract(procestermijn, '([0-9]+)Y', 1) as integer), 0)
                + coalesce(try_cast(regexp_extract(procestermijn, '([0-9]+)M', 1) as integer), 0)
    end as procestermijn_months,
    case
        when procestermijn is not null
            then coalesce(try_cast(regexp_extract(procestermijn, '([0-9]+)D', 1) as integer), 0)
    end as procestermijn_days,
    try_cast(procestermijn_end as date) as procestermijn_end,
    seq as opened_seq,
    classified_seq,
    closed_seq,
    destroyed_seq
from noted
order by seq;

comment on table dossier is 'Every dossier: what it is, how it is classified, when it was closed. One row per dossier.';
comment on column dossier.stream is 'the dossier, by its random id';
comment on column dossier.number is 'dossier or case number';
comment on column dossier.title is 'naam; null when its payload was erased';
comment on column dossier.status is 'open, closed, destroyed';
comment on column dossier.organ is 'organ whose dossier it is';
comment on column dossier.ordering is 'version of the ordering structure it is placed in';
comment on column dossier.place is 'its place in that structure';
comment on column dossier.opened is 'first day';
comment on column dossier.closed is 'last day; null while it is open';
comment on column dossier.list is 'retention list it is classified under; null while it is not';
comment on column dossier.row is 'row of that list';
comment on column dossier.waardering is 'B or V, as the classification says';
comment on column dossier.afleidingswijze is 'how the brondatum is found';
comment on column dossier.brondatum is 'the brondatum, where one was recorded and its payload is there';
comment on column dossier.kenmerk is 'which date, property or object it is derived from';
comment on column dossier.related is 'related or main dossier';
comment on column dossier.termijn_months is 'months (and years) of the term, for the afleidingswijze termijn';
comment on column dossier.termijn_days is 'its days';
comment on column dossier.procestermijn_months is 'months (and years) of an estimated procestermijn';
comment on column dossier.procestermijn_days is 'its days';
comment on column dossier.procestermijn_end is 'end of the procestermijn, where one was recorded and its payload is there';
comment on column dossier.opened_seq is 'entry that opened it';
comment on column dossier.classified_seq is 'entry of its last classification';
comment on column dossier.closed_seq is 'entry that closed it';
comment on column dossier.destroyed_seq is 'entry that says it is destroyed';
