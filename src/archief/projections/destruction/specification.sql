-- What a certificate says of each record of a destruction: by which row, from when to when, which day its term began and
-- ended. Out of facts alone, so that it says the same when the payloads are gone: a date that a payload noted (a birth date,
-- the end of a contract) moves no day here, and where one could, no day is given.
-- $records: their streams. Grain: one row per record, each dossier before its letters.
with wanted as (
    select unnest(cast($records as uuid[])) as record
),
inside as (
    select filing.stream, filing.dossier, filing.seq
    from filing
    semi join wanted on wanted.record = filing.stream
    semi join wanted as around on around.record = filing.dossier
),
filled as (
    select dossier, count(*) as letters
    from inside
    group by dossier
),
told as (
    select
        dossier.stream,
        dossier.list,
        dossier.row,
        dossier.opened,
        dossier.closed,
        dossier.opened_seq,
        dossier.afleidingswijze = 'afgehandeld' and list_row.procestermijn = 'nihil' as dated,
        retention.begin_date,
        retention.action_date
    from dossier
    semi join wanted on wanted.record = dossier.stream
    left join list_row on list_row.list = dossier.list and list_row.nummer = dossier.row
    left join retention on retention.stream = dossier.stream
),
went_with as (
    select stream, arg_min(dossier, seq) as dossier
    from inside
    group by stream
),
lines as (
    select
        'dossier' as kind,
        told.stream,
        cast(null as uuid) as dossier,
        told.list,
        told.row,
        told.opened as first_day,
        told.closed as last_day,
        case when told.dated then told.begin_date end as begin_date,
        case when told.dated then told.action_date end as action_date,
        coalesce(filled.letters, 0) as letters,
        told.opened_seq
    from told
    left join filled on filled.dossier = told.stream
    union all
    select
        'letter' as kind,
        letter.stream,
        went_with.dossier,
        told.list,
        told.row,
        cast(letter.registered as date) as first_day,
        cast(letter.registered as date) as last_day,
        case when told.dated then told.begin_date end as begin_date,
        case when told.dated then told.action_date end as action_date,
        0 as letters,
        letter.opened_seq
    from letter
    semi join wanted on wanted.record = letter.stream
    left join went_with on went_with.stream = letter.stream
    left join told on told.stream = went_with.dossier
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
from lines
order by coalesce(dossier, stream), kind, opened_seq
