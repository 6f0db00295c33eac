-- The letters that wait for a dossier. Grain: one row per letter that is in none; without what is destroyed, transferred
-- or withdrawn, and without the archive's own verklaringen, which are kept for ever by what they are.
create or replace view unfiled as
select letter.stream, letter.opened_seq as seq, letter.registered as time
from letter
where
    letter.destroyed_seq is null
    and letter.withdrawn_seq is null
    and letter.kind is distinct from 'verklaring'
    and not exists (select 1 from filing where filing.stream = letter.stream)
    and not exists (select 1 from handed_over where handed_over.stream = letter.stream)
order by letter.opened_seq;

comment on view unfiled is 'The letters that wait for a dossier. One row per letter that is in none.';
comment on column unfiled.stream is 'the letter';
comment on column unfiled.seq is 'entry that registered it';
comment on column unfiled.time is 'when it was registered';
