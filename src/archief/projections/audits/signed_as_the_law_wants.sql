-- A letter goes out with the signatures that a profile of its organ wants, or with a reason (Gemeentewet 32a, 59a, 169)
-- severity: serious
-- remedy: annotate the letter with the reason of the deviation; have it signed as its profile wants
with sent as (
    -- Our own letters only, and while it can be read whether a reason was given.
    select
        dispatch.stream,
        dispatch.seq,
        dispatch.date,
        letter.organ,
        letter.kind,
        (
            select count(*) from letter_version
            where letter_version.stream = dispatch.stream and letter_version.seq < dispatch.seq
        ) as versions
    from dispatch
    join letter using (stream)
    join event as said on said.seq = dispatch.seq
    join event as opened on opened.seq = letter.opened_seq
    where opened.type = 'letter_registered.v1' and said.payload = 'present' and dispatch.deviation is null
),
place as (
    select
        sent.seq,
        wanted.profile,
        exists (
            select 1
            from signature
            left join mandate on mandate.stream = signature.mandate and mandate.seq < signature.seq
            where signature.stream = sent.stream
                and signature.seq < sent.seq
                and signature.version = sent.versions
                and signature.basis = wanted.basis
                and signature.on_behalf_of is not distinct from wanted.on_behalf_of
                and case
                    when wanted.mandated and mandate.basis is distinct from wanted.basis then false
                    when wanted.office = '*' then not list_contains(wanted.not_roles, signature.role)
                    else
                        list_contains(wanted.roles, signature.role)
                        or (not wanted.mandated and mandate.role = wanted.office)
                end
        ) as filled
    from sent
    join signature_place as wanted
        on
            wanted.organ = sent.organ
            and (len(wanted.kinds) = 0 or list_contains(wanted.kinds, sent.kind))
            and wanted.valid_from <= sent.date
            and (wanted.valid_until is null or sent.date < wanted.valid_until)
),
profile as (
    select seq, profile, bool_and(filled) as met
    from place
    group by seq, profile
)
select sent.stream, sent.seq, 'it went out without the signatures that a profile wants, and without a reason' as what
from sent
where sent.seq in (select seq from profile group by seq having not bool_or(met))
order by sent.seq;
