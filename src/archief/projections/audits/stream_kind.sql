-- A stream begins with an event that opens one, and holds only events of its kind (events.md)
-- severity: grave
-- remedy: find out which program appended it (`archief history RECORD`); open a finding
with opened as (
    select event.stream, event_type.stream as kind
    from event
    join event_type on event_type.tag = event.type
    where event.stream_seq = 0
)
select
    event.stream,
    event.seq,
    case
        when event.stream_seq = 0 then printf('%s opens no stream', event_type.name)
        when opened.kind is null then printf('%s in a stream that nothing opened', event_type.name)
        when event_type.opens and not event_type.repeats then printf('%s in the midst of a stream', event_type.name)
        else printf('%s in a stream of a %s', event_type.name, opened.kind)
    end as what
from event
join event_type on event_type.tag = event.type
left join opened on opened.stream = event.stream
where case
    when event.stream_seq = 0 then not event_type.opens
    when opened.kind is null then true
    when event_type.opens and not event_type.repeats then true
    when event_type.stream = 'any' then false
    when event_type.stream = 'record' then opened.kind not in ('letter', 'dossier')
    else event_type.stream <> opened.kind
end
order by event.seq;
