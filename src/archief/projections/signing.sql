-- Whether a letter of our own went out with the signatures that a profile of its organ wants, or with a reason.
-- Grain: one row per letter_dispatched of a letter that was registered, not received.
create or replace view signing as
with later as (
    -- Hardly a letter changes after it was sent: what went out is what is there, but for these.
    select dispatch.seq, count(*) as versions
    from dispatch
    join letter on letter.stream = dispatch.stream and letter.content_seq > dispatch.seq
    join event on event.stream = dispatch.stream and event.seq > dispatch.seq
    join event_type on event_type.tag = event.type and event_type.content
    group by dispatch.seq
),
sent as (
    select
        dispatch.stream,
        dispatch.seq,
        dispatch.date,
        letter.organ,
        letter.kind,
        dispatch.deviation is not null as reasoned,
        letter.versions - coalesce(later.versions, 0) as versions
    from dispatch
    join letter using (stream)
    join event as opened on opened.seq = letter.opened_seq and opened.type = 'letter_registered.v1'
    left join later on later.seq = dispatch.seq
),
-- The signatures over the version that went out, under the mandates that were granted by then.
signed as (
    select
        sent.seq,
        sent.organ,
        sent.kind,
        sent.date,
        signature.role,
        signature.basis,
        signature.on_behalf_of,
        mandate.role as mandate_role,
        mandate.basis as mandate_basis
    from sent
    join signature
        on signature.stream = sent.stream and signature.version = sent.versions and signature.seq < sent.seq
    left join mandate on mandate.stream = signature.mandate and mandate.seq < signature.seq
),
-- The offices of each profile, a bit each.
place as (
    select
        *,
        1 << (row_number() over (partition by profile order by office) - 1) as bit,
        (1 << count(*) over (partition by profile)) - 1 as whole
    from signature_place
),
filled as (
    select signed.seq, wanted.profile, bit_or(wanted.bit) = any_value(wanted.whole) as met
    from signed
    join place as wanted
        on
            wanted.organ = signed.organ
            and wanted.basis = signed.basis
            and wanted.on_behalf_of is not distinct from signed.on_behalf_of
            and (len(wanted.kinds) = 0 or list_contains(wanted.kinds, signed.kind))
            and wanted.valid_from <= signed.date
            and (wanted.valid_until is null or signed.date < wanted.valid_until)
    where
        case
            when wanted.mandated and signed.mandate_basis is distinct from wanted.basis then false
            when wanted.office = '*' then not list_contains(wanted.not_roles, signed.role)
            else
                list_contains(wanted.roles, signed.role)
                or (not wanted.mandated and signed.mandate_role = wanted.office)
        end
    group by signed.seq, wanted.profile
),
met as (
    select seq, min(profile) as profile
    from filled
    where met
    group by seq
),
-- Few letters differ in all three.
asked as (
    select distinct sent.organ, sent.kind, sent.date
    from (select distinct organ, kind, date from sent) as sent
    join signature_place as wanted
        on
            wanted.organ = sent.organ
            and (len(wanted.kinds) = 0 or list_contains(wanted.kinds, sent.kind))
            and wanted.valid_from <= sent.date
            and (wanted.valid_until is null or sent.date < wanted.valid_until)
)
select
    sent.stream,
    sent.seq,
    sent.date,
    sent.organ,
    sent.kind,
    case
        when met.profile is not null then 'met'
        when asked.organ is null then 'no_profile'
        when sent.reasoned then 'reasoned'
        when erased.seq is not null then 'unknown'
        else 'unreasoned'
    end as outcome,
    met.profile
from sent
left join met on met.seq = sent.seq
left join (select seq from event where payload = 'absent') as erased on erased.seq = sent.seq
left join asked on asked.organ = sent.organ and asked.kind is not distinct from sent.kind and asked.date = sent.date
order by sent.seq;

comment on view signing is 'Whether a letter of our own went out with the signatures that a profile wants, or with a reason. One row per letter_dispatched of a letter that was registered, not received.';
comment on column signing.stream is 'the letter';
comment on column signing.seq is 'entry of the dispatch';
comment on column signing.date is 'day it was sent';
comment on column signing.organ is 'organ whose letter it is';
comment on column signing.kind is 'kind of letter';
comment on column signing.outcome is 'met, reasoned, unreasoned; no_profile: none is in force for it; unknown: its reason, if any, is erased';
comment on column signing.profile is 'the signature profile that is met, the first by name';
