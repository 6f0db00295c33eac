-- Transfers to the records office, round by round, from proposal to receipt. Grain: one row per round (a proposal with its
-- parts). A round may have several packages: what was rejected is mended and offered again; the row tells the newest.
create or replace table transfer as
with step as (
    select
        stream,
        seq,
        time,
        person,
        key,
        type,
        more,
        data,
        -- The first part of a list begins a round; all that follows belongs to it.
        max(
            case
                when type = 'transfer_proposed.v1' and coalesce(cast(more ->> 'part' as integer), 1) = 1 then seq
            end
        ) over (partition by stream order by seq) as round
    from event
    where
        type in (
            'transfer_proposed.v1',
            'transfer_exported.v1',
            'transfer_offered.v1',
            'transfer_accepted.v1',
            'transfer_rejected.v1',
            'transfer_declared.v1'
        )
),
told as (
    select
        stream,
        round as seq,
        arg_min(time, seq) as time,
        arg_min(person, seq) as person,
        arg_min(more ->> 'reference_date', seq) as reference_date,
        arg_min(more ->> 'rule_set', seq) as rule_set,
        coalesce(cast(arg_min(more ->> 'early', seq) as boolean), false) as early,
        arg_min(data.title, seq) as title,
        sum(len(from_json(more ->> 'streams', '["UUID"]'))) filter (type = 'transfer_proposed.v1') as records,
        arg_max(type, seq) filter (type <> 'transfer_declared.v1') as last,
        max(seq) filter (type = 'transfer_exported.v1') as exported_seq,
        arg_max(data.sip_number, seq) filter (type = 'transfer_exported.v1') as sip_number,
        arg_max(more ->> 'profile', seq) filter (type = 'transfer_exported.v1') as profile,
        arg_max(cast(more ->> 'records' as bigint), seq) filter (type = 'transfer_exported.v1') as objects,
        arg_max(cast(more ->> 'files' as bigint), seq) filter (type = 'transfer_exported.v1') as files,
        arg_max(cast(more ->> 'bytes' as bigint), seq) filter (type = 'transfer_exported.v1') as bytes,
        max(seq) filter (type = 'transfer_offered.v1') as offered_seq,
        arg_max(more ->> 'date', seq) filter (type = 'transfer_offered.v1') as offered,
        arg_max(more ->> 'channel', seq) filter (type = 'transfer_offered.v1') as channel,
        count(*) filter (type = 'transfer_rejected.v1') as rejections,
        arg_max(more ->> 'ground', seq) filter (type = 'transfer_rejected.v1') as ground,
        max(seq) filter (type = 'transfer_accepted.v1') as accepted_seq,
        arg_max(more ->> 'date', seq) filter (type = 'transfer_accepted.v1') as accepted,
        arg_max(more ->> 'form', seq) filter (type in ('transfer_accepted.v1', 'transfer_rejected.v1')) as form,
        arg_max(more ->> 'key', seq) filter (type in ('transfer_accepted.v1', 'transfer_rejected.v1')) as receipt_key,
        arg_max(person, seq) filter (type in ('transfer_accepted.v1', 'transfer_rejected.v1')) as recorder,
        coalesce(cast(arg_max(more ->> 'kept', seq) filter (type = 'transfer_accepted.v1') as boolean), false) as kept,
        -- Drawn up with the receipt, or after it.
        arg_max(more ->> 'declaration', seq)
            filter (type in ('transfer_accepted.v1', 'transfer_declared.v1') and more ->> 'declaration' is not null)
            as declaration
    from step
    group by stream, round
)
select
    stream,
    seq,
    time,
    row_number() over (partition by stream order by seq) as round,
    title,
    case
        when lead(seq) over (partition by stream order by seq) is not null then 'replaced'
        when last = 'transfer_exported.v1' then 'exported'
        when last = 'transfer_offered.v1' then 'offered'
        when last = 'transfer_accepted.v1' then 'accepted'
        when last = 'transfer_rejected.v1' then 'rejected'
        else 'proposed'
    end as status,
    try_cast(reference_date as date) as reference_date,
    rule_set,
    early,
    cast(records as bigint) as records,
    person as proposer,
    exported_seq,
    sip_number,
    profile,
    objects,
    files,
    bytes,
    offered_seq,
    try_cast(offered as date) as offered,
    channel,
    rejections,
    ground,
    accepted_seq,
    try_cast(accepted as date) as accepted,
    form,
    receipt_key,
    recorder,
    kept,
    try_cast(declaration as uuid) as declaration
from told
order by seq;

comment on table transfer is 'Transfers to the records office, round by round, from proposal to receipt. One row per round.';
comment on column transfer.stream is 'the transfer';
comment on column transfer.seq is 'entry of the proposal''s first part';
comment on column transfer.time is 'when it was proposed, UTC';
comment on column transfer.round is 'which round of this transfer';
comment on column transfer.title is 'what the list is called';
comment on column transfer.status is 'proposed, exported, offered, accepted, rejected; replaced by a later round';
comment on column transfer.reference_date is 'date on which its records were judged (peildatum)';
comment on column transfer.rule_set is 'rules they were judged by; null: each by its own';
comment on column transfer.early is 'before they were due, by agreement';
comment on column transfer.records is 'records proposed: dossiers and letters';
comment on column transfer.proposer is 'person who proposed it, by stream';
comment on column transfer.exported_seq is 'entry of the newest package';
comment on column transfer.sip_number is 'number on its pakbon';
comment on column transfer.profile is 'profile of the package';
comment on column transfer.objects is 'informatieobjecten in it';
comment on column transfer.files is 'bestanden in it';
comment on column transfer.bytes is 'bytes of content in it';
comment on column transfer.offered_seq is 'entry of the last offer';
comment on column transfer.offered is 'day of the last offer';
comment on column transfer.channel is 'how it was handed over';
comment on column transfer.rejections is 'how often the records office refused';
comment on column transfer.ground is 'main reason of the last refusal';
comment on column transfer.accepted_seq is 'entry of the receipt that accepts it: from there on the care is the records office''s';
comment on column transfer.accepted is 'day of that receipt';
comment on column transfer.form is 'of the last answer: signed_note, document';
comment on column transfer.receipt_key is 'key that signed the last answer; null: a document';
comment on column transfer.recorder is 'person who recorded the last answer, by stream';
comment on column transfer.kept is 'the copy here stays for use';
comment on column transfer.declaration is 'record that holds the verklaring van overbrenging';
