-- A destruction that was authorised is carried out within three months of its day, and one that was begun is closed within a week (Archiefwet 1995, 3; Archiefbesluit 8)
-- severity: serious
-- remedy: carry it out: `archief destroy execute DESTRUCTION`; or end it with a reason: `archief destroy cancel DESTRUCTION`
with decided as (
    select
        destruction.stream,
        destruction.status,
        coalesce(destruction.started_seq, destruction.authorised_seq) as seq,
        greatest(
            destruction.earliest, cast(step.time at time zone 'UTC' at time zone 'Europe/Amsterdam' as date)
        ) as since
    from destruction
    join event as step on step.seq = coalesce(destruction.started_seq, destruction.authorised_seq)
    where destruction.status in ('authorised', 'started')
)
select
    stream,
    seq,
    case
        when status = 'authorised' then printf('it could be carried out from %s on, and is not', strftime(since, '%Y-%m-%d'))
        else printf('it was begun on %s, and is not closed', strftime(since, '%Y-%m-%d'))
    end as what
from decided
where cast($day as date) > if(status = 'authorised', since + interval 3 month, since + interval 7 day)
order by seq;
