-- A dossier is classified under a row of the retention list (Archiefwet 1995, 5; Archiefbesluit 1995, 5)
-- severity: minor
-- remedy: decide on its row: `archief dossier classify DOSSIER --list LIST --row ROW`
select stream, opened_seq as seq, 'it has no row of a retention list, and so no term' as what
from dossier
where destroyed_seq is null and classified_seq is null
order by seq;
