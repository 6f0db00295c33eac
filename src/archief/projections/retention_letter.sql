-- What becomes of every letter that is neither destroyed nor transferred, and when: B beats V, then the longest of its dossiers counts.
-- Grain: one row per letter. A letter in no dossier is never due; it says so. The archive's own verklaringen are kept for
-- ever by what they are, in a dossier or not: only those that somebody filed are in it.
create or replace view retention_letter as
with filed as (
    select filing.stream, filing.dossier, filing.seq
    from filing
    left join dossier on dossier.stream = filing.dossier
    where dossier.destroyed_seq is null
),
judged as (
    select
        filed.stream,
        count(*) as dossiers,
        bool_or(retention.waardering = 'B') as kept,
        count(retention.waardering) = count(*) as valued,
        min(coalesce(retention.missing, if(retention.stream is null, 'unclassified', null))) as missing,
        min(retention.missing) filter (retention.waardering = 'B') as missing_kept,
        max(retention.action_date) as action_date,
        max(retention.action_date) filter (retention.waardering = 'B') as action_date_kept,
        max(retention.latest_date) as latest_date,
        arg_max(filed.dossier, {'kept': coalesce(retention.waardering = 'B', false), 'day': retention.action_date})
            filter (retention.action_date is not null) as dossier
    from filed
    left join retention on retention.stream = filed.dossier
    group by filed.stream
),
told as (
    select
        letter.stream,
        letter.number,
        letter.date,
        coalesce(letter.received_date, letter.date, cast(letter.registered as date)) as made,
        coalesce(judged.dossiers, 0) as dossiers,
        case when judged.kept then 'B' when judged.valued then 'V' end as waardering,
        case when judged.stream is null then 'unfiled' when judged.kept then judged.missing_kept else judged.missing end
            as missing,
        if(judged.kept, judged.action_date_kept, judged.action_date) as action_date,
        judged.latest_date,
        judged.dossier,
        letter.opened_seq
    from letter
    left join judged using (stream)
    where
        letter.destroyed_seq is null
        and (letter.kind is distinct from 'verklaring' or judged.stream is not null)
        and not exists (select 1 from handed_over where handed_over.stream = letter.stream)
)
select
    stream,
    number,
    date,
    made,
    dossiers,
    waardering,
    case when missing is null then if(waardering = 'B', 'transfer', 'destroy') end as outcome,
    case when missing is null then action_date end as action_date,
    case when missing is null then latest_date end as latest_date,
    case when missing is null then dossier end as dossier,
    missing
from told
order by opened_seq;

comment on view retention_letter is 'What becomes of every letter that is neither destroyed nor transferred, and when. One row per letter.';
comment on column retention_letter.stream is 'the letter';
comment on column retention_letter.number is 'register number';
comment on column retention_letter.date is 'date of the letter';
comment on column retention_letter.made is 'day it was received, made or else registered';
comment on column retention_letter.dossiers is 'how many dossiers it is in';
comment on column retention_letter.waardering is 'B if one of them is B, V if all are V';
comment on column retention_letter.outcome is 'transfer, destroy; null while something is missing';
comment on column retention_letter.action_date is 'from this day on it is destroyed or transferred';
comment on column retention_letter.latest_date is 'by this day it is transferred';
comment on column retention_letter.dossier is 'the dossier that decides';
comment on column retention_letter.missing is 'why there is no date; unfiled when it is in no dossier';
