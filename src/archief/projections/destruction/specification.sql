-- What a certificate says of each record of a destruction, out of facts alone: by which row, from when to when, which day
-- its term began and ended. $records: their streams. Grain: one row per record, each dossier before its letters.
with wanted as (
    select unnest(cast($records as uuid[])) as record
),
inside as (
    select filing.dossier, count(*) as letters
    from filing
    semi join wanted on wanted.record = filing.stream
    group by filing.dossier
),
told as (
    select
        'dossier' as kind,
        dossier.stream,
        cast(null as uuid) as dossier,
        retention.list,
        retention.row,
        dossier.opened as first_day,
        dossier.closed as last_day,
        retention.begin_date,
        retention.action_date,
        coalesce(inside.letters, 0) as letters,
        dossier.opened_seq
    from dossier
    semi join wanted on wanted.record = dossier.stream
    left join retention using (stream)
    left join inside on inside.dossier = dossier.stream
    union all by name
    select
        'letter' as kind,
        letter.stream,
        retention_letter.dossier,
        retention.list,
        retention.row,
        cast(letter.registered as date) as first_day,
        cast(letter.registered as date) as last_day,
        retention.begin_date,
        retention_letter.action_date,
        0 as letters,
        letter.opened_seq
    from letter
    semi join wanted on wanted.record = letter.stream
    left join retention_letter using (stream)
    left join retention on retention.stream = retention_letter.dossier
)
select
    kind,
    cast(stream as varchar) as stream,
    cast(dossier as varchar) as dossier,
    list,
    row,
    first_day,
    last_day,
    begin_date,
    action_date,
    letters
from told
order by coalesce(dossier, stream), kind, opened_seq
