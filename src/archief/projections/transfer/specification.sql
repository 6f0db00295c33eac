-- What a declaration says of the records that were transferred. $records: their streams. Grain: one row per record, dossiers
-- first, each kind in the order of their entries.
with wanted as (
    select unnest(cast($records as uuid[])) as stream
),
files as (
    select document.stream, count(*) as files
    from document
    semi join wanted on wanted.stream = document.stream
    group by document.stream
),
letter_row as (
    -- A letter is kept because a dossier is: the first that is kept for ever.
    select filing.stream, arg_min(dossier.list || ' ' || dossier.row, filing.seq) as row
    from filing
    semi join wanted on wanted.stream = filing.stream
    join dossier on dossier.stream = filing.dossier and dossier.waardering = 'B'
    group by filing.stream
)
select
    'dossier' as kind,
    cast(dossier.stream as varchar) as stream,
    dossier.number as reference,
    dossier.title,
    dossier.waardering,
    dossier.list || ' ' || dossier.row as row,
    dossier.opened as first_day,
    dossier.closed as last_day,
    0 as files,
    dossier.opened_seq as seq
from dossier
semi join wanted on wanted.stream = dossier.stream
union all
select
    'letter' as kind,
    cast(letter.stream as varchar) as stream,
    letter.number as reference,
    letter.subject as title,
    if(letter_row.row is not null, 'B', null) as waardering,
    letter_row.row,
    coalesce(letter.received_date, letter.date, cast(letter.registered as date)) as first_day,
    coalesce(letter.received_date, letter.date, cast(letter.registered as date)) as last_day,
    coalesce(files.files, 0) as files,
    letter.opened_seq as seq
from letter
semi join wanted on wanted.stream = letter.stream
left join files on files.stream = letter.stream
left join letter_row on letter_row.stream = letter.stream
order by kind, seq
