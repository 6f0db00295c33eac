-- A finding is followed up by its day (Archiefregeling 16; Toetsingskader norm 8; Archief-KPI 2)
-- severity: serious
-- remedy: solve it and close it: `archief finding close FINDING --result solved --reason TEXT`
select stream, seq, printf('it was to be solved by %s, and is open', strftime(due, '%Y-%m-%d')) as what
from finding
where status = 'open' and due < cast($day as date)
order by seq;
