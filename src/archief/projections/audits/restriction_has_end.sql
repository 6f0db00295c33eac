-- A limit on openness has a term, and is lifted when that has passed (Archiefwet 1995, 15; Archiefbesluit 1995, 10)
-- severity: serious
-- remedy: lift it, and set one with an end where it must go on: `archief restrict lift`, `archief restrict set --end DATE`
select
    stream,
    seq,
    case
        when end_date is null then 'it has no end date and no term'
        else printf('it ended on %s, and is not lifted', strftime(end_date, '%Y-%m-%d'))
    end as what
from restriction
where
    lifted_seq is null
    and ((end_date is null and term is null) or end_date <= cast($day as date))
    and stream not in (select stream from event where type = 'record_destroyed.v1')
order by seq;
