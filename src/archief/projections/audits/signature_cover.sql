-- A signature on a letter covers the first so many of its content events, all of them up to the version it signs (format.md, inner signature)
-- severity: grave
-- remedy: let the signatory sign the text as it is: `archief sign LETTER`
with covered as (
    select
        signature.seq,
        any_value(signature.stream) as stream,
        any_value(signature.version) as version,
        any_value(signature.covered_seq) as covered_seq,
        max(letter_version.version) as version_there
    from signature
    left join letter_version
        on letter_version.stream = signature.stream and letter_version.seq <= signature.covered_seq
    group by signature.seq
)
select
    stream,
    seq,
    printf('it covers %d entries up to entry %d; the letter had %d by then', version, covered_seq, version_there) as what
from covered
where version <> coalesce(version_there, 0)
order by seq;
