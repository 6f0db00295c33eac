-- A delivery report is about a dispatch of its own letter, that was there before it (Archiefregeling 17)
-- severity: serious
-- remedy: annotate the letter, and report the delivery of the right dispatch
select
    delivery.stream,
    delivery.seq,
    printf('entry %d is no dispatch of this letter', delivery.dispatch) as what
from delivery
left join dispatch
    on dispatch.seq = delivery.dispatch and dispatch.stream = delivery.stream and dispatch.seq < delivery.seq
where dispatch.seq is null
order by delivery.seq;
