-- A letter is not changed after it was sent or taken back, not sent or signed after it was taken back, and signed by us only when it is ours (Archiefregeling 17, Gemeentewet 59a)
-- severity: grave
-- remedy: annotate the letter with what happened; a correction is a new letter that replaces it
with reached as (
    select
        stream,
        min(seq) filter (type = 'letter_dispatched.v1') as dispatched,
        min(seq) filter (type = 'letter_withdrawn.v1') as withdrawn,
        min(seq) filter (type = 'letter_received.v1') as received
    from event
    where type in ('letter_dispatched.v1', 'letter_withdrawn.v1', 'letter_received.v1')
    group by stream
)
select
    event.stream,
    event.seq,
    case
        when event.type = 'delivery_reported.v1' then 'a report of a dispatch that was not there'
        when event.type = 'letter_signed.v1' and reached.received is not null
            then printf('a letter from outside, received by entry %d, is signed as ours', reached.received)
        when event.seq > reached.withdrawn
            then printf('%s after entry %d withdrew the letter', event_type.name, reached.withdrawn)
        else printf('%s after entry %d dispatched the letter', event_type.name, reached.dispatched)
    end as what
from event
join event_type on event_type.tag = event.type
left join reached on reached.stream = event.stream
where event.type in (
    'letter_edited.v1', 'document_attached.v1', 'letter_signed.v1', 'letter_dispatched.v1', 'letter_tabled.v1',
    'letter_withdrawn.v1', 'delivery_reported.v1'
)
and case event.type
    when 'letter_edited.v1' then event.seq > least(reached.dispatched, reached.withdrawn)
    when 'document_attached.v1' then event.seq > least(reached.dispatched, reached.withdrawn)
    when 'letter_signed.v1' then reached.received is not null or event.seq > reached.withdrawn
    when 'letter_dispatched.v1' then event.seq > reached.withdrawn
    when 'letter_tabled.v1' then event.seq > reached.withdrawn
    when 'letter_withdrawn.v1' then event.seq > reached.withdrawn
    when 'delivery_reported.v1' then reached.dispatched is null or event.seq < reached.dispatched
    else false
end
order by event.seq;
