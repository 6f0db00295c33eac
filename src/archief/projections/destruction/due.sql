-- What may be destroyed on the day $day: dossiers whose time has come, and the letters that are in no other dossier.
-- Not the copies of what was transferred (copies.sql). Grain: one row per record, dossiers first. A dossier that is blocked, or
-- holds a letter that is, stays as a whole.
with blocked as (
    select record
    from kept_here
    where (begin_date is null or begin_date <= $day) and (end_date is null or end_date > $day)
),
ripe as (
    select stream
    from retention
    where outcome = 'destroy' and action_date <= $day
),
free as (
    select stream
    from ripe
    anti join blocked on blocked.record = ripe.stream
),
letters as (
    select filing.stream
    from filing
    join letter on letter.stream = filing.stream
    join dossier on dossier.stream = filing.dossier
    left join free on free.stream = filing.dossier
    where
        dossier.destroyed_seq is null
        and letter.destroyed_seq is null
        -- A certificate is kept for ever, whatever dossier it is put in (selectielijst 19.1.18).
        and letter.kind is distinct from 'verklaring'
        and not exists (select 1 from handed_over where handed_over.stream = letter.stream)
    group by filing.stream
    having count(free.stream) = count(*)
)
select 1 as place, 'dossier' as kind, stream from free
union all
select 2 as place, 'letter' as kind, stream from letters
order by place, stream
