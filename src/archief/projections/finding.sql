-- What an audit, a check or a person found that must be followed up, and what became of it. Grain: one row per finding.
-- The last assignment counts; it is closed once.
create or replace table finding as
with followed as (
    select
        stream,
        arg_max(more ->> 'assigned', seq) filter (type = 'finding_assigned.v1') as assigned,
        arg_max(more ->> 'due', seq) filter (type = 'finding_assigned.v1' and more ->> 'due' is not null) as due,
        min(seq) filter (type = 'finding_closed.v1') as closed_seq,
        arg_min(more ->> 'result', seq) filter (type = 'finding_closed.v1') as result,
        arg_min(time, seq) filter (type = 'finding_closed.v1') as closed,
        arg_min(person, seq) filter (type = 'finding_closed.v1') as closed_by
    from event
    where type in ('finding_assigned.v1', 'finding_closed.v1')
    group by stream
)
select
    opened.stream,
    opened.seq,
    opened.time as opened,
    opened.person as opened_by,
    coalesce(followed.result, 'open') as status,
    opened.more ->> 'rule' as rule,
    opened.more ->> 'severity' as severity,
    opened.data.title as title,
    try_cast(coalesce(followed.assigned, opened.more ->> 'assigned') as uuid) as assigned,
    try_cast(coalesce(followed.due, opened.more ->> 'due') as date) as due,
    from_json(opened.more ->> 'streams', '["UUID"]') as records,
    from_json(opened.more ->> 'seqs', '["BIGINT"]') as entries,
    cast(opened.more ->> 'audit' as bigint) as audit,
    followed.closed_seq,
    followed.closed,
    followed.closed_by
from event as opened
left join followed using (stream)
where opened.type = 'finding_opened.v1'
order by opened.seq;

comment on table finding is 'What was found that must be followed up, and what became of it. One row per finding.';
comment on column finding.stream is 'the finding, by its random id';
comment on column finding.seq is 'entry that opened it';
comment on column finding.opened is 'when, UTC';
comment on column finding.opened_by is 'person who opened it, by stream';
comment on column finding.status is 'open; or how it was closed: solved, accepted, mistaken';
comment on column finding.rule is 'rule that was broken';
comment on column finding.severity is 'grave, serious, minor';
comment on column finding.title is 'in a few words';
comment on column finding.assigned is 'person who follows it up, by stream';
comment on column finding.due is 'when it must be solved';
comment on column finding.records is 'records it is about, by stream';
comment on column finding.entries is 'entries it is about';
comment on column finding.audit is 'entry of the audit that found it';
comment on column finding.closed_seq is 'entry that closed it';
comment on column finding.closed is 'when, UTC';
comment on column finding.closed_by is 'person who closed it, by stream';
