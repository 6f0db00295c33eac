-- A signature on a letter covers the first so many of its content events, all of them up to the version it signs (format.md, inner signature)
-- severity: grave
-- remedy: let the signatory sign the text as it is: `archief sign LETTER`
with judged as (
    select
        signature.stream,
        signature.seq,
        signature.version,
        signature.covered_seq,
        count(event_type.tag) as version_there
    from signature
    left join event on event.stream = signature.stream and event.seq <= signature.covered_seq
    left join event_type on event_type.tag = event.type and event_type.content
    -- One that covers the letter as it is now covers all of it.
    where signature.current is distinct from true
    group by all
)
select
    stream,
    seq,
    printf('it covers %d entries up to entry %d; the letter had %d by then', version, covered_seq, version_there) as what
from judged
where version <> version_there
order by seq;
