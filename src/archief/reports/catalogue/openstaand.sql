-- What waits for somebody: letters not signed, sent or filed, dossiers not classified, promises that are overdue.

-- name: kort
with waiting as (
    select 'ondertekenen' as figure, opened_seq as seq
    from letter
    where status = 'registered' and kind is distinct from 'verklaring'
    union all
    select 'verzenden', content_seq from letter where status = 'signed'
    union all
    select 'dossier', seq from unfiled
    union all
    select 'waarderen', opened_seq from dossier where destroyed_seq is null and classified_seq is null
    union all
    select 'toezegging', seq from commitment where status in ('open', 'partly') and due_end <= $day
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (select unnest(['ondertekenen', 'verzenden', 'dossier', 'waarderen', 'toezegging']) as figure) as wanted
left join waiting using (figure)
group by wanted.figure

-- name: lijst
with waiting as (
    select 'ondertekenen' as what, stream, number, subject as name, registered as moment, opened_seq as seq
    from letter
    where status = 'registered' and kind is distinct from 'verklaring'
    union all
    select 'verzenden', letter.stream, letter.number, letter.subject, event.time, letter.content_seq
    from letter
    join event on event.seq = letter.content_seq
    where letter.status = 'signed'
    union all
    select 'dossier', letter.stream, letter.number, letter.subject, letter.registered, letter.opened_seq
    from letter
    join unfiled using (stream)
    union all
    select 'waarderen', dossier.stream, dossier.number, dossier.title, event.time, dossier.opened_seq
    from dossier
    join event on event.seq = dossier.opened_seq
    where dossier.destroyed_seq is null and dossier.classified_seq is null
    union all
    select 'toezegging', stream, null, text, due_end + interval 12 hours, seq
    from commitment
    where status in ('open', 'partly') and due_end <= $day
),
dated as (
    select *, cast((moment at time zone 'UTC') at time zone 'Europe/Amsterdam' as date) as since
    from waiting
)
select
    what as wat,
    number as nummer,
    name as naam,
    since as sinds,
    greatest(0, date_diff('day', since, cast($day as date))) as dagen,
    stream as record,
    [seq] as events
from dated
order by moment, seq, what
