-- Whose keys there are and from where to where they count. Grain: one row per key.
create or replace table key as
with enrolled as (
    -- A key is enrolled once; a second enrolment is a finding and changes nothing.
    select *, facts.key ->> 'public' as public, try_cast(facts.key ->> 'type' as integer) as kind
    from event
    where type = 'key_enrolled.v1'
    qualify row_number() over (partition by public, kind order by seq) = 1
),
revoked as (
    select
        stream,
        facts.key as id,
        min(seq) as seq,
        arg_min(facts.suspect_from, seq) as suspect_from
    from event
    where type = 'key_revoked.v1'
    group by stream, facts.key
),
named as (
    -- The id of a key: SHA-256 over the signature type byte and the key (format.md).
    select *, try(sha256(unhex(printf('%02x', kind)) || from_base64(public))) as id
    from enrolled
)
select
    named.stream,
    named.id,
    named.kind as type,
    named.public,
    named.facts.use as use,
    named.seq as enrolled_seq,
    named.time as enrolled,
    revoked.seq as revoked_seq,
    revoked.suspect_from
from named
left join revoked using (stream, id)
order by named.seq;

comment on table key is 'Whose keys there are and from where to where they count. One row per key.';
comment on column key.stream is 'the person it belongs to';
comment on column key.id is 'its id: SHA-256 over the signature type byte and the key';
comment on column key.type is 'signature type: 1 Ed25519, 6 ML-DSA-44';
comment on column key.public is 'the public key, base64';
comment on column key.use is 'its one use: person, cosigner, log';
comment on column key.enrolled_seq is 'entry from which it counts';
comment on column key.enrolled is 'when, UTC';
comment on column key.revoked_seq is 'entry from which it counts no longer';
comment on column key.suspect_from is 'entry from which its commits are doubted';
