-- A letter goes out with the signatures that a profile of its organ wants, or with a reason (Gemeentewet 32a, 59a, 169)
-- severity: serious
-- remedy: annotate the letter with the reason of the deviation; have it signed as its profile wants
select stream, seq, 'it went out without the signatures that a profile wants, and without a reason' as what
from signing
where outcome = 'unreasoned'
order by seq;
