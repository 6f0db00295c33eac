-- What becomes of every dossier that is neither destroyed nor transferred, and when; the same dates as
-- rules/retention.py, by the same steps.
-- Grain: one row per dossier. Due on a day: action_date <= that day, and nothing blocks it (table block).
create or replace view retention as
with judged as (
    select
        dossier.*,
        list_row.waardering as row_waardering,
        list_row.bewaartermijn_months,
        list_row.bewaartermijn_days,
        list_row.procestermijn,
        other.closed as related_closed,
        case
            when dossier.classified_seq is null then 'unclassified'
            when adopted.code is null then 'unknown_list'
            when list_row.nummer is null then 'unknown_row'
            when list_row.waardering is null then 'lapsed'
            when list_row.waardering <> dossier.waardering then 'waardering_differs'
            when coalesce(dossier.opened < adopted.begin_date or dossier.opened >= adopted.end_date, adopted.begin_date is null)
                then 'other_time'
        end as unjudged
    from dossier
    left join rule_set as adopted on adopted.code = dossier.list and adopted.current and adopted.kind = 'list'
    left join list_row on list_row.list = dossier.list and list_row.nummer = dossier.row
    left join dossier as other on other.stream = dossier.related
    where
        dossier.destroyed_seq is null
        and not exists (select 1 from handed_over where handed_over.stream = dossier.stream)
),
ruled as (
    select
        dossier.stream,
        arg_max(
            {'code': law.code, 'after': law.after_months, 'within': law.within_months, 'counted_from': law.counted_from},
            {'begin': law.begin_date, 'seq': law.seq}
        ) as law
    from dossier
    join rule_set as law
        on law.kind = 'law'
        and law.current
        and law.begin_date <= dossier.opened
        and (law.end_date is null or dossier.opened < law.end_date)
    group by dossier.stream
),
based as (
    select
        judged.* exclude (brondatum),
        ruled.law,
        case
            when judged.afleidingswijze = 'afgehandeld' then judged.closed
            when judged.afleidingswijze = 'termijn'
                then cast(judged.closed + to_months(judged.termijn_months) + to_days(judged.termijn_days) as date)
            when judged.afleidingswijze in ('gerelateerde_zaak', 'hoofdzaak')
                then coalesce(judged.brondatum, judged.related_closed)
            when
                judged.afleidingswijze in (
                    'ander_datumkenmerk', 'eigenschap', 'ingangsdatum_besluit', 'vervaldatum_besluit', 'zaakobject'
                )
                then judged.brondatum
        end as brondatum
    from judged
    left join ruled using (stream)
),
-- Why there is no brondatum; and the day on which the bewaartermijn begins, or that nothing says which.
begun as (
    select
        *,
        case
            when unjudged is not null then unjudged
            when waardering = 'B' and law is null then 'law'
            when closed is null and (waardering = 'V' or law.counted_from = 'closed') then 'open'
            when waardering = 'B' then null
            when brondatum is not null then case when year(brondatum) > 9999 then 'calendar' end
            when afleidingswijze = 'termijn' then 'termijn'
            when afleidingswijze in ('gerelateerde_zaak', 'hoofdzaak') then 'related'
            when
                afleidingswijze in (
                    'ander_datumkenmerk', 'eigenschap', 'ingangsdatum_besluit', 'vervaldatum_besluit', 'zaakobject'
                )
                then 'brondatum'
            else 'afleidingswijze'
        end as unbased,
        case
            when procestermijn = 'nihil' then brondatum
            when procestermijn in ('bestaansduur_procesobject', 'vast_te_leggen_datum')
                then case
                    when procestermijn_end is not null then greatest(brondatum, procestermijn_end)
                    when afleidingswijze not in ('afgehandeld', 'termijn', 'ingangsdatum_besluit') then brondatum
                end
            when procestermijn = 'samengevoegd_met_bewaartermijn'
                then case when afleidingswijze not in ('afgehandeld', 'termijn') then brondatum end
            when procestermijn_months is not null
                then cast(brondatum + to_months(procestermijn_months) + to_days(procestermijn_days) as date)
            when procestermijn is not null then case when afleidingswijze = 'termijn' then brondatum end
            when procestermijn_end is not null then greatest(brondatum, procestermijn_end)
        end as begin_date
    from based
),
counted as (
    select
        *,
        case
            when unbased is not null then unbased
            when waardering = 'B' then null
            when begin_date is not null then case when year(begin_date) > 9999 then 'calendar' end
            when procestermijn = 'samengevoegd_met_bewaartermijn' then 'brondatum'
            when procestermijn in ('bestaansduur_procesobject', 'vast_te_leggen_datum') then 'procestermijn_end'
            else 'procestermijn'
        end as unbegun,
        case
            when waardering = 'V'
                then cast(begin_date + to_months(bewaartermijn_months) + to_days(bewaartermijn_days) as date)
            else cast(if(law.counted_from = 'closed', closed, opened) + to_months(law.after) as date)
        end as action,
        case
            when waardering = 'B'
                then cast(if(law.counted_from = 'closed', closed, opened) + to_months(law.within) as date)
        end as latest
    from begun
),
told as (
    select *, coalesce(unbegun, case when year(greatest(action, latest)) > 9999 then 'calendar' end) as missing
    from counted
)
select
    stream,
    number,
    title,
    status,
    opened,
    closed,
    list,
    row,
    case when unjudged = 'waardering_differs' then 'B' else waardering end as waardering,
    case when missing is null then if(waardering = 'B', 'transfer', 'destroy') end as outcome,
    case when unbased is null and waardering = 'V' then brondatum end as brondatum,
    case
        when unbegun is null and waardering = 'V' then begin_date
        when unbegun is null then if(law.counted_from = 'closed', closed, opened)
    end as begin_date,
    case when missing is null then action end as action_date,
    case when missing is null then latest end as latest_date,
    law.code as law,
    missing
from told
order by opened_seq;

comment on view retention is 'What becomes of every dossier that is neither destroyed nor transferred, and when. One row per dossier.';
comment on column retention.stream is 'the dossier';
comment on column retention.number is 'dossier or case number';
comment on column retention.title is 'naam';
comment on column retention.status is 'open, closed';
comment on column retention.opened is 'first day';
comment on column retention.closed is 'last day';
comment on column retention.list is 'retention list it is classified under';
comment on column retention.row is 'row of that list';
comment on column retention.waardering is 'B or V; B too while classification and row differ';
comment on column retention.outcome is 'transfer, destroy; null while something is missing';
comment on column retention.brondatum is 'the date that terms are counted from';
comment on column retention.begin_date is 'the day on which the bewaartermijn or the age for transfer begins';
comment on column retention.action_date is 'from this day on it is destroyed or transferred';
comment on column retention.latest_date is 'by this day it is transferred';
comment on column retention.law is 'archive law that held when it was opened';
comment on column retention.missing is 'why there is no date: a word of rules/retention.py; null when there is one';
