-- Destructions, round by round, from proposal to certificate. Grain: one row per round (a proposal with its parts).
create or replace table destruction as
with part as (
    select
        stream,
        seq,
        time,
        person,
        more,
        data,
        -- The first part of a list begins a round; the others belong to it.
        max(case when coalesce(cast(more ->> 'part' as integer), 1) = 1 then seq end)
            over (partition by stream order by seq) as round
    from event
    where type = 'destruction_proposed.v1'
),
proposal as (
    select
        stream,
        round as seq,
        arg_min(time, seq) as time,
        arg_min(person, seq) as person,
        arg_min(more ->> 'reference_date', seq) as reference_date,
        arg_min(more ->> 'rule_set', seq) as rule_set,
        arg_min(more ->> 'transfer', seq) as transfer,
        arg_min(data.title, seq) as title,
        sum(len(from_json(more ->> 'streams', '["UUID"]'))) as records
    from part
    group by stream, round
),
answer as (
    select stream, seq, person, type, more, cast(more ->> 'proposal' as bigint) as round
    from event
    where
        type in (
            'destruction_reviewed.v1',
            'destruction_consented.v1',
            'destruction_authorised.v1',
            'destruction_cancelled.v1'
        )
),
answered as (
    select
        stream,
        round,
        max(seq) filter (type = 'destruction_reviewed.v1') as reviewed_seq,
        list(distinct person) filter (type = 'destruction_reviewed.v1') as reviewers,
        bool_or(more ->> 'result' = 'refused') filter (type = 'destruction_reviewed.v1') as refused,
        sum(len(coalesce(from_json(more ->> 'excepted', '[{"stream": "UUID"}]'), [])))
            filter (type = 'destruction_reviewed.v1') as excepted,
        max(seq) filter (type = 'destruction_consented.v1') as consented_seq,
        arg_max(person, seq) filter (type = 'destruction_consented.v1') as consenter,
        max(seq) filter (type = 'destruction_authorised.v1') as authorised_seq,
        arg_max(person, seq) filter (type = 'destruction_authorised.v1') as authoriser,
        arg_max(more ->> 'earliest', seq) filter (type = 'destruction_authorised.v1') as earliest,
        min(seq) filter (type = 'destruction_cancelled.v1') as cancelled_seq
    from answer
    group by stream, round
),
carried_out as (
    select
        stream,
        cast(more ->> 'authorisation' as bigint) as authorisation,
        min(seq) filter (type = 'destruction_started.v1') as started_seq,
        min(seq) filter (type = 'records_destroyed.v1') as closed_seq
    from event
    where type in ('destruction_started.v1', 'records_destroyed.v1')
    group by all
)
select
    proposal.stream,
    proposal.seq,
    proposal.time,
    row_number() over (partition by proposal.stream order by proposal.seq) as round,
    proposal.title,
    case
        when carried_out.closed_seq is not null then 'destroyed'
        when answered.cancelled_seq is not null then 'cancelled'
        when carried_out.started_seq is not null then 'started'
        when answered.refused then 'refused'
        when answered.authorised_seq is not null then 'authorised'
        when answered.consented_seq is not null then 'consented'
        when answered.reviewed_seq is not null then 'reviewed'
        else 'proposed'
    end as status,
    try_cast(proposal.reference_date as date) as reference_date,
    proposal.rule_set,
    try_cast(proposal.transfer as uuid) as transfer,
    cast(proposal.records as bigint) as records,
    cast(coalesce(answered.excepted, 0) as bigint) as excepted,
    proposal.person as proposer,
    answered.reviewers,
    answered.consenter,
    answered.authoriser,
    try_cast(answered.earliest as date) as earliest,
    answered.reviewed_seq,
    answered.consented_seq,
    answered.authorised_seq,
    answered.cancelled_seq,
    carried_out.started_seq,
    carried_out.closed_seq
from proposal
left join answered on answered.stream = proposal.stream and answered.round = proposal.seq
left join carried_out
    on carried_out.stream = proposal.stream and carried_out.authorisation = answered.authorised_seq
order by proposal.seq;

comment on table destruction is 'Destructions, round by round, from proposal to certificate. One row per round.';
comment on column destruction.stream is 'the destruction';
comment on column destruction.seq is 'entry of the proposal''s first part';
comment on column destruction.time is 'when it was proposed, UTC';
comment on column destruction.round is 'which round of this destruction';
comment on column destruction.title is 'what the list is called';
comment on column destruction.status is 'proposed, reviewed, refused, consented, authorised, cancelled, started, destroyed';
comment on column destruction.reference_date is 'date on which its records were due (peildatum)';
comment on column destruction.rule_set is 'retention list they were judged by; null: each by its own';
comment on column destruction.transfer is 'the transfer whose copies go, those left here, by stream; null: the records themselves';
comment on column destruction.records is 'records proposed: dossiers and letters';
comment on column destruction.excepted is 'of these, excepted by reviewers';
comment on column destruction.proposer is 'person who proposed it, by stream';
comment on column destruction.reviewers is 'persons who reviewed it';
comment on column destruction.consenter is 'person who consented as archivaris';
comment on column destruction.authoriser is 'person who authorised it';
comment on column destruction.earliest is 'first day it may be carried out';
comment on column destruction.reviewed_seq is 'entry of the last review';
comment on column destruction.consented_seq is 'entry of the consent';
comment on column destruction.authorised_seq is 'entry of the authorisation';
comment on column destruction.cancelled_seq is 'entry that stopped it';
comment on column destruction.started_seq is 'entry that announced its execution';
comment on column destruction.closed_seq is 'entry that closed it';
