-- How the records of a proposal stand now: their date (of a copy: the day of the receipt), what happened to them last, whether
-- they are gone, by which transfer they are the records office's, and in how many dossiers outside of the proposal a letter
-- is. $records: their streams. Grain: one row per record.
with wanted as (
    select unnest(cast($records as uuid[])) as record
),
last as (
    select event.stream, max(event.seq) as seq, bool_or(event.type = 'record_destroyed.v1') as destroyed
    from event
    semi join wanted on wanted.record = event.stream
    group by event.stream
),
outside as (
    select filing.stream, list(cast(filing.dossier as varchar) order by filing.seq) as dossiers
    from filing
    semi join wanted on wanted.record = filing.stream
    anti join wanted as beside on beside.record = filing.dossier
    join dossier on dossier.stream = filing.dossier
    where dossier.destroyed_seq is null
    group by filing.stream
),
fresh as (
    -- A letter that was put in a dossier later changes the dossier.
    select dossier, max(seq) as seq
    from filing
    semi join wanted on wanted.record = filing.dossier
    group by dossier
)
select
    cast(wanted.record as varchar) as record,
    coalesce(
        case when retention.outcome = 'destroy' then retention.action_date end,
        case when retention_letter.outcome = 'destroy' then retention_letter.action_date end,
        handed_over.date
    ) as action_date,
    coalesce(outside.dossiers, []) as longer,
    greatest(last.seq, fresh.seq) as content_seq,
    coalesce(last.destroyed, false) as destroyed,
    cast(handed_over.transfer as varchar) as transfer
from wanted
left join retention on retention.stream = wanted.record
left join retention_letter on retention_letter.stream = wanted.record
left join handed_over on handed_over.stream = wanted.record
left join last on last.stream = wanted.record
left join outside on outside.stream = wanted.record
left join fresh on fresh.dossier = wanted.record
order by record
