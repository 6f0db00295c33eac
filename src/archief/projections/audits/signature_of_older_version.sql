-- A signature on a letter is on its text as it is now, or as it was sent (Gemeentewet 59a; Archiefregeling 24 c)
-- severity: minor
-- remedy: let the signatory sign the text as it is: `archief sign LETTER`
with wanted as (
    -- What counts is the text up to the dispatch; without one, up to now.
    select letter.stream, count(*) as versions
    from letter
    semi join (select stream from signature where current is distinct from true) as outdated on outdated.stream = letter.stream
    join event on event.stream = letter.stream
    join event_type on event_type.tag = event.type and event_type.content
    where
        letter.status in ('registered', 'signed', 'dispatched')
        and (letter.dispatched_seq is null or event.seq < letter.dispatched_seq)
    group by letter.stream
)
select signature.stream, max(signature.seq) as seq, printf('it is over version %d; version %d has no signature of this office', max(signature.version), wanted.versions) as what
from signature
join wanted on wanted.stream = signature.stream
group by signature.stream, signature.role, signature.on_behalf_of, wanted.versions
having max(signature.version) < wanted.versions
order by seq;
