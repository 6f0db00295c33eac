-- A promise to the council is kept by its day (Gemeentewet 169)
-- severity: serious
-- remedy: settle it with the letter that keeps it: `archief commitment settle PROMISE --result settled --letter LETTER`
select stream, seq, printf('it was due by %s, and is not settled', strftime(due_end, '%Y-%m-%d')) as what
from commitment
where status in ('open', 'partly') and due_end < cast($day as date)
order by seq;
