-- The tables that are not projections: what the state was made from, what was left out, and the words of the archive.
create or replace table state (
    origin varchar,
    size bigint,
    root varchar,
    destructions bigint,
    form varchar,
    program varchar,
    unauthorised bigint[]
);
comment on table state is 'What this was made from. One row.';
comment on column state.origin is 'the log''s name';
comment on column state.size is 'entries that were read';
comment on column state.root is 'root over them';
comment on column state.destructions is 'size of the log up to which destructions were applied';
comment on column state.form is 'hash of the SQL that made it';
comment on column state.program is 'version of archief that made it';
comment on column state.unauthorised is 'commits whose events were left out, by entry';

create or replace table skipped (stream uuid, seq bigint, stream_seq integer, type varchar, commit_seq bigint);
comment on table skipped is 'Events that count for nothing, because their commit is unauthorised. One row per event.';
comment on column skipped.stream is 'the stream it stands in';
comment on column skipped.seq is 'its entry';
comment on column skipped.stream_seq is 'its place in its stream';
comment on column skipped.type is 'its type';
comment on column skipped.commit_seq is 'entry of the commit';

create or replace table event_type (
    tag varchar,
    name varchar,
    subject varchar,
    stream varchar,
    mdto varchar,
    opens boolean,
    repeats boolean,
    content boolean
);
comment on table event_type is 'The types of events that this version of archief knows. One row per type.';
comment on column event_type.tag is 'the word in the log, with its version';
comment on column event_type.name is 'the word without its version';
comment on column event_type.subject is 'the group it is listed under';
comment on column event_type.stream is 'what its stream is; record: letter or dossier; any: any';
comment on column event_type.mdto is 'word of MDTO''s EventTypeLijst';
comment on column event_type.opens is 'it begins its stream';
comment on column event_type.repeats is 'though it opens, it may come again';
comment on column event_type.content is 'it is one of those that make up a letter''s version';

create or replace table signature_place (
    profile varchar,
    organ varchar,
    kinds varchar[],
    basis varchar,
    on_behalf_of varchar,
    office varchar,
    roles varchar[],
    not_roles varchar[],
    mandated boolean,
    valid_from date,
    valid_until date
);
comment on table signature_place is 'The signatures that each signature profile wants (law/profiles.toml). One row per profile and office.';
comment on column signature_place.profile is 'the profile';
comment on column signature_place.organ is 'the organ whose letters it is for';
comment on column signature_place.kinds is 'the kinds of letters it is for; empty: every kind';
comment on column signature_place.basis is 'legal basis of its signatures';
comment on column signature_place.on_behalf_of is 'the organ in whose name; null: in their own';
comment on column signature_place.office is 'the office that signs; *: any';
comment on column signature_place.roles is 'the roles that fill the office: its own, and who stands in for it';
comment on column signature_place.not_roles is 'roles that do not count where any office does';
comment on column signature_place.mandated is 'it signs under a mandate with this basis';
comment on column signature_place.valid_from is 'first day it holds';
comment on column signature_place.valid_until is 'first day it holds no longer';
