-- A letter is in a dossier: without one it has no place in the ordering and no term (Archiefregeling 17 c and 18)
-- severity: minor
-- remedy: put it into one: `archief dossier file DOSSIER LETTER`
select letter.stream, letter.opened_seq as seq, 'it is in no dossier' as what
from letter
where letter.destroyed_seq is null and letter.stream not in (select stream from filing)
order by seq;
