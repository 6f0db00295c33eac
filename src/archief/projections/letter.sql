-- Every letter, our own or received, as it reads now: field by field what was written last counts.
-- Grain: one row per letter. A destroyed letter keeps its row, so that counts stay; its content is null.
-- The rest of the letter (letterhead, paragraphs, rows of a form) stays in the payloads: a list does not need it, and what
-- is not copied need not be destroyed twice. The columns that end in _seq say where it stands.
create or replace table letter as
with opened as (
    select
        stream,
        seq,
        type,
        time,
        person,
        data,
        facts
    from event
    where type in ('letter_registered.v1', 'letter_received.v1')
),
changed as (
    -- arg_max skips nulls: per field the last event that names it. An emptied field is an empty text until the end.
    select
        stream,
        count(*) as changes,
        max(seq) as seq,
        arg_max(data.number, seq) as number,
        arg_max(data.doc_type, seq) as doc_type,
        arg_max(data.organisation, seq) as organisation,
        arg_max(data.addressee, seq) as addressee,
        arg_max(data.subject, seq) as subject,
        arg_max(data.handled_by, seq) as handled_by,
        arg_max(data.date, seq) as date,
        arg_max(data.sent_date, seq) as sent_date,
        arg_max(data.our_reference, seq) as our_reference,
        arg_max(data.your_reference, seq) as your_reference,
        arg_max(data.sender, seq) as sender,
        max(seq) filter (data.body is not null) as body_seq,
        max(seq) filter (data.fields is not null) as fields_seq
    from event
    where type in ('letter_edited.v1', 'document_attached.v1', 'document_converted.v1')
    group by stream
),
happened as (
    select
        stream,
        max({'seq': facts.covers[-1].seq, 'versions': len(facts.covers)}) filter (type = 'letter_signed.v1') as signed,
        max(seq) filter (type = 'letter_dispatched.v1') as dispatched_seq,
        max(facts.date) filter (type = 'letter_dispatched.v1') as dispatched_date,
        max(seq) filter (type = 'letter_withdrawn.v1') as withdrawn_seq,
        max(seq) filter (type = 'record_destroyed.v1') as destroyed_seq
    from event
    where type in ('letter_signed.v1', 'letter_dispatched.v1', 'letter_withdrawn.v1', 'record_destroyed.v1')
    group by stream
)
select
    opened.stream,
    nullif(coalesce(changed.number, opened.data.number), '') as number,
    case
        when happened.destroyed_seq is not null then 'destroyed'
        when happened.withdrawn_seq is not null then 'withdrawn'
        when happened.dispatched_seq is not null then 'dispatched'
        when
            happened.signed.seq = coalesce(changed.seq, opened.seq)
            and happened.signed.versions = 1 + coalesce(changed.changes, 0)
            then 'signed'
        when opened.type = 'letter_received.v1' then 'received'
        else 'registered'
    end as status,
    opened.facts.kind as kind,
    opened.facts.organ as organ,
    opened.facts.series as series,
    opened.facts.year as year,
    nullif(coalesce(changed.doc_type, opened.data.doc_type), '') as doc_type,
    nullif(coalesce(changed.organisation, opened.data.organisation), '') as organisation,
    nullif(coalesce(changed.sender, opened.data.sender), '') as sender,
    nullif(coalesce(changed.addressee, opened.data.addressee), '') as addressee,
    nullif(coalesce(changed.subject, opened.data.subject), '') as subject,
    nullif(coalesce(changed.handled_by, opened.data.handled_by), '') as handled_by,
    try_cast(coalesce(changed.date, opened.data.date) as date) as date,
    try_cast(coalesce(changed.sent_date, opened.data.sent_date) as date) as sent_date,
    nullif(coalesce(changed.our_reference, opened.data.our_reference), '') as our_reference,
    nullif(coalesce(changed.your_reference, opened.data.your_reference), '') as your_reference,
    case when opened.type = 'letter_received.v1' then try_cast(opened.facts.date as date) end as received_date,
    try_cast(happened.dispatched_date as date) as dispatched_date,
    opened.time as registered,
    opened.person as registered_by,
    1 + coalesce(changed.changes, 0) as versions,
    opened.seq as opened_seq,
    coalesce(changed.seq, opened.seq) as content_seq,
    coalesce(changed.body_seq, case when opened.data.body is not null then opened.seq end) as body_seq,
    coalesce(changed.fields_seq, case when opened.data.fields is not null then opened.seq end) as fields_seq,
    happened.dispatched_seq,
    happened.withdrawn_seq,
    happened.destroyed_seq
from opened
left join changed using (stream)
left join happened using (stream)
order by opened.seq;

comment on table letter is 'Every letter, our own or received, as it reads now. One row per letter; a destroyed one keeps its row, without content.';
comment on column letter.stream is 'the letter, by its random id';
comment on column letter.number is 'register number, issued or taken over; taken over ones may repeat';
comment on column letter.status is 'registered, received, signed (its last version), dispatched, withdrawn, destroyed';
comment on column letter.kind is 'raadsinformatiebrief, rondebriefje, brief';
comment on column letter.organ is 'organ whose letter it is';
comment on column letter.series is 'series that issued its number; null when it was taken over';
comment on column letter.year is 'year of the issued number';
comment on column letter.doc_type is 'kind of document as it says itself';
comment on column letter.organisation is 'organisation in its letterhead';
comment on column letter.sender is 'who sent it, when it came from outside';
comment on column letter.addressee is 'addressee, lines joined';
comment on column letter.subject is 'onderwerp';
comment on column letter.handled_by is 'behandeld door';
comment on column letter.date is 'date of the letter';
comment on column letter.sent_date is 'verzonden, as the letter says';
comment on column letter.our_reference is 'onze referentie';
comment on column letter.your_reference is 'uw referentie';
comment on column letter.received_date is 'day it came in';
comment on column letter.dispatched_date is 'day of its last dispatch';
comment on column letter.registered is 'when it entered the register, UTC';
comment on column letter.registered_by is 'person who registered it, by stream';
comment on column letter.versions is 'how many versions its content has had';
comment on column letter.opened_seq is 'entry that opened it';
comment on column letter.content_seq is 'last entry that changed its content';
comment on column letter.body_seq is 'entry whose payload holds the paragraphs as they are now';
comment on column letter.fields_seq is 'entry whose payload holds the rows of the form as they are now';
comment on column letter.dispatched_seq is 'entry of its last dispatch';
comment on column letter.withdrawn_seq is 'entry that took it back';
comment on column letter.destroyed_seq is 'entry that says it is destroyed';
