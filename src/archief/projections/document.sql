-- Every file that is still here and that a payload registers. Grain: one row per file.
-- A destroyed record has no rows here: its payloads, which named its files, are gone.
create or replace table document as
with registered as (
    select stream, seq, type, time, unnest(data.documents) as file
    from event
    where
        type in (
            'letter_registered.v1', 'letter_received.v1', 'document_attached.v1', 'document_converted.v1',
            'signature_validated.v1', 'delivery_reported.v1', 'audit_recorded.v1', 'transfer_exported.v1',
            'transfer_accepted.v1', 'transfer_rejected.v1', 'record_imported.v1', 'copy_redacted.v1'
        )
        and data.documents is not null
)
select
    stream,
    seq,
    type,
    time,
    file.id as id,
    file.name as name,
    file.media_type as media_type,
    file.pronom as pronom,
    file.identified_by as identified_by,
    file.sha256 as sha256,
    file.size as size
from registered
order by seq, id;

comment on table document is 'Every file that is still here and that a payload registers. One row per file.';
comment on column document.stream is 'the record it belongs to';
comment on column document.seq is 'entry that registers it';
comment on column document.type is 'what that entry is';
comment on column document.time is 'when, UTC';
comment on column document.id is 'random id that names the file in the archive';
comment on column document.name is 'the file''s own name';
comment on column document.media_type is 'media type';
comment on column document.pronom is 'format by its PRONOM id';
comment on column document.identified_by is 'program and signature file that identified the format';
comment on column document.sha256 is 'SHA-256 of its bytes';
comment on column document.size is 'bytes in it';
