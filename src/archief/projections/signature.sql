-- Who signed which version of which letter (ondertekening). Grain: one row per letter_signed.
-- Not the signature of whoever appended the entry: that one is event.key.
create or replace table signature as
with content as (
    select stream, count(*) as versions, max(seq) as seq
    from event
    where type in (
        'letter_registered.v1', 'letter_received.v1', 'letter_edited.v1', 'document_attached.v1',
        'document_converted.v1'
    )
    group by stream
),
signed as (
    select
        stream,
        seq,
        time,
        data,
        facts
    from event
    where type = 'letter_signed.v1'
)
select
    signed.stream,
    signed.seq,
    signed.time,
    signed.facts.role as role,
    signed.facts.signatory as signatory,
    signed.facts.key as key,
    signed.facts.level as level,
    signed.facts.basis as basis,
    signed.facts.on_behalf_of as on_behalf_of,
    from_json(signed.facts.mede_namens, '["UUID"]') as mede_namens,
    signed.facts.mandate as mandate,
    len(signed.facts.covers) as version,
    signed.facts.covers[-1].seq as covered_seq,
    signed.facts.covers[-1].seq = content.seq and len(signed.facts.covers) = content.versions as current,
    signed.data.name_shown as name_shown,
    signed.data.note as note,
    signed.data.deviation as deviation
from signed
left join content using (stream)
order by signed.seq;

comment on table signature is 'Who signed which version of which letter (ondertekening). One row per letter_signed.';
comment on column signature.stream is 'the letter';
comment on column signature.seq is 'entry of the signature';
comment on column signature.time is 'when it was recorded, UTC';
comment on column signature.role is 'office: burgemeester, secretaris, wethouder, griffier';
comment on column signature.signatory is 'person who signed, by stream';
comment on column signature.key is 'key that made the inner signature';
comment on column signature.level is 'none, scan, simple, advanced, qualified';
comment on column signature.basis is 'legal basis';
comment on column signature.on_behalf_of is 'organ in whose name';
comment on column signature.mede_namens is 'persons in whose name the signatory signs too, by stream';
comment on column signature.mandate is 'mandate it was signed under, by stream';
comment on column signature.version is 'how many content events it covers';
comment on column signature.covered_seq is 'last entry it covers';
comment on column signature.current is 'whether it covers the letter as it is now';
comment on column signature.name_shown is 'name as the letter shows it';
comment on column signature.note is 'remarks; a reconstruction says so here';
comment on column signature.deviation is 'why it deviates from the signature profile';
