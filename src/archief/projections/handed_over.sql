-- The records whose care has moved to the records office. Grain: one row per record.
create or replace view handed_over as
select
    transfer_record.record as stream,
    transfer.stream as transfer,
    transfer.accepted_seq as seq,
    transfer.accepted as date,
    transfer.kept,
    destroyed.seq as destroyed_seq,
    transfer.declaration
from transfer
join transfer_record on transfer_record.stream = transfer.stream and transfer_record.round_seq = transfer.seq
left join destroyed on destroyed.stream = transfer_record.record
where transfer.accepted_seq is not null
order by transfer.accepted_seq, transfer_record.record;

comment on view handed_over is 'The records whose care has moved to the records office. One row per record.';
comment on column handed_over.stream is 'the letter or dossier';
comment on column handed_over.transfer is 'the transfer, by stream';
comment on column handed_over.seq is 'entry of the receipt';
comment on column handed_over.date is 'day of the receipt';
comment on column handed_over.kept is 'the copy here stays for use';
comment on column handed_over.destroyed_seq is 'entry that says the copy here is destroyed';
comment on column handed_over.declaration is 'record that holds the verklaring van overbrenging';
