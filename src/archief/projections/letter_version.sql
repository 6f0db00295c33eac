-- Which events make up the content of each letter. Grain: one row per version of a letter.
-- A view: it says nothing that is not in event, and costs nothing to rebuild.
create or replace view letter_version as
select
    stream,
    row_number() over (partition by stream order by seq) as version,
    seq,
    type,
    time,
    person,
    payload
from event
where type in (
    'letter_registered.v1', 'letter_received.v1', 'letter_edited.v1', 'document_attached.v1', 'document_converted.v1'
)
order by seq;

comment on view letter_version is 'Which events make up the content of each letter. One row per version of a letter.';
comment on column letter_version.stream is 'the letter';
comment on column letter_version.version is 'number of the version, from 1; it is all events up to this one together';
comment on column letter_version.seq is 'entry that made it';
comment on column letter_version.type is 'how: registered, received, edited, document attached or converted';
comment on column letter_version.time is 'when, UTC';
comment on column letter_version.person is 'who, by stream';
comment on column letter_version.payload is 'whether its words are still there: present or absent';
