-- Who signs under a mandate holds it on that day (Algemene wet bestuursrecht 10:3 and 10:8; Gemeentewet 59a lid 2)
-- severity: serious
-- remedy: let somebody who may sign do so; or grant the mandate anew: `archief mandate grant`
with used as (
    select
        signature.stream,
        signature.seq,
        signature.signatory,
        signature.mandate,
        cast(signature.time at time zone 'UTC' at time zone 'Europe/Amsterdam' as date) as day
    from signature
    -- A reason that was given makes it a deviation; one that was erased is not held against it.
    semi join (select seq from event where payload <> 'absent') as readable using (seq)
    where signature.mandate is not null and signature.deviation is null
)
select
    used.stream,
    used.seq,
    case
        when mandate.seq is null then 'there was no such mandate in the log by then'
        when not list_contains(mandate.holders, used.signatory) then 'the signatory does not hold the mandate'
        when used.day < mandate.begin_date then printf('the mandate begins on %s', strftime(mandate.begin_date, '%Y-%m-%d'))
        else printf('the mandate ended on %s', strftime(mandate.end_date, '%Y-%m-%d'))
    end as what
from used
left join mandate on mandate.stream = used.mandate and mandate.seq < used.seq
where
    mandate.seq is null
    or not list_contains(mandate.holders, used.signatory)
    or used.day < mandate.begin_date
    or used.day >= mandate.end_date
order by used.seq;
