-- A letter is in a dossier: without one it has no place in the ordering and no term (Archiefregeling 17 c and 18)
-- severity: minor
-- remedy: put it into one: `archief dossier file DOSSIER LETTER`
select stream, seq, 'it is in no dossier' as what
from unfiled
order by seq;
