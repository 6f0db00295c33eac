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

create or replace table preferred_format (pronom varchar, name varchar, open varchar);
comment on table preferred_format is 'Formats that e-depots prefer (law/mdto.toml). One row per format; of what is not here nobody judged the risk.';
comment on column preferred_format.pronom is 'PRONOM id';
comment on column preferred_format.name is 'what it is called';
comment on column preferred_format.open is 'the open standard it meets; null: not judged';

create or replace table shipped_rule_set (
    code varchar,
    kind varchar,
    edition varchar,
    title varchar,
    source varchar,
    begin_date date,
    end_date date,
    after_months integer,
    within_months integer,
    counted_from varchar
);
comment on table shipped_rule_set is 'Archive laws and retention lists that this version of archief brings along. One row per rule set.';
comment on column shipped_rule_set.code is 'what events call it';
comment on column shipped_rule_set.kind is 'law, list';
comment on column shipped_rule_set.edition is 'which text';
comment on column shipped_rule_set.title is 'its title';
comment on column shipped_rule_set.source is 'where it was published';
comment on column shipped_rule_set.begin_date is 'first day of the records it is for; null: no day is fixed';
comment on column shipped_rule_set.end_date is 'first day of those it is not for any more';
comment on column shipped_rule_set.after_months is 'a law: age at which records kept for ever are transferred';
comment on column shipped_rule_set.within_months is 'a law: age at which they are transferred at the latest';
comment on column shipped_rule_set.counted_from is 'a law: closed or opened, the day of the dossier from which that age counts';

create or replace table shipped_row (
    list varchar,
    nummer varchar,
    proces varchar,
    resultaat varchar,
    omschrijving varchar,
    waardering varchar,
    bewaartermijn varchar,
    bewaartermijn_months integer,
    bewaartermijn_days integer,
    procestermijn varchar,
    herkomst varchar,
    bijzonderheid varchar
);
comment on table shipped_row is 'Rows of the retention lists that this version of archief brings along; which of them hold here: list_row. One row per row.';
comment on column shipped_row.list is 'the list';
comment on column shipped_row.nummer is 'number of the row';
comment on column shipped_row.proces is 'the process';
comment on column shipped_row.resultaat is 'the process''s result';
comment on column shipped_row.omschrijving is 'the specific result; null: the generic one';
comment on column shipped_row.waardering is 'B, V; null: the row has lapsed';
comment on column shipped_row.bewaartermijn is 'how long a V row is kept';
comment on column shipped_row.bewaartermijn_months is 'its months and years';
comment on column shipped_row.bewaartermijn_days is 'its days';
comment on column shipped_row.procestermijn is 'one of five kinds; null: the list says none';
comment on column shipped_row.herkomst is 'the analysis or law it comes from';
comment on column shipped_row.bijzonderheid is 'what else decides the date';
