-- What was checked or audited and recorded, and what came of it. Grain: one row per fixity_checked or audit_recorded.
create or replace table audit_run as
select
    stream,
    seq,
    time,
    person,
    if(type = 'fixity_checked.v1', 'fixity', more ->> 'kind') as kind,
    more ->> 'method' as method,
    cast(more ->> 'size' as bigint) as size,
    cast(coalesce(more ->> 'events', more ->> 'rules') as bigint) as asked,
    cast(coalesce(more ->> 'faults', more ->> 'violations') as bigint) as found
from event
where type in ('fixity_checked.v1', 'audit_recorded.v1')
order by seq;

comment on table audit_run is 'What was checked or audited and recorded, and what came of it. One row per fixity_checked or audit_recorded.';
comment on column audit_run.stream is 'the archive';
comment on column audit_run.seq is 'entry that records it';
comment on column audit_run.time is 'when, UTC';
comment on column audit_run.person is 'person who recorded it, by stream';
comment on column audit_run.kind is 'fixity: bytes were read again; audit: the rules were asked; toetsing: the report that judges';
comment on column audit_run.method is 'how much was read: whole, since, sample; null for an audit';
comment on column audit_run.size is 'size of the log it was over';
comment on column audit_run.asked is 'entries that were read, or rules or criteria that were asked';
comment on column audit_run.found is 'faults or violations that were found';
