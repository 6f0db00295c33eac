-- The copies that the transfer $transfer left here and that may be destroyed on the day $day: dossiers, and letters that are in
-- no dossier that stays. Grain: one row per record, dossiers first. A dossier with a hold on it, or on a letter in it, stays
-- as a whole; an exemption is no hindrance: the record is kept for ever, by the records office.
with held as (
    select record
    from kept_here
    where kind = 'hold' and (begin_date is null or begin_date <= $day) and (end_date is null or end_date > $day)
),
free as (
    select handed_over.stream, dossier.stream is not null as is_dossier
    from handed_over
    left join dossier on dossier.stream = handed_over.stream
    left join letter on letter.stream = handed_over.stream
    anti join held on held.record = handed_over.stream
    where
        handed_over.transfer = cast($transfer as uuid)
        and handed_over.destroyed_seq is null
        and handed_over.date <= $day
        and letter.kind is distinct from 'verklaring'  -- kept for ever, also here (selectielijst 19.1.18)
),
staying as (
    select filing.stream
    from filing
    join dossier on dossier.stream = filing.dossier
    anti join free on free.stream = filing.dossier
    where dossier.destroyed_seq is null
)
select if(is_dossier, 1, 2) as place, if(is_dossier, 'dossier', 'letter') as kind, stream
from free
where is_dossier or stream not in (select stream from staying)
order by place, stream
