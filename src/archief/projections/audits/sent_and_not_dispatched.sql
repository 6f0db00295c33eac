-- A letter of ours that names the day it was sent has its dispatch in the log (Archiefregeling 17 a and b)
-- severity: serious
-- remedy: record how it went out: `archief dispatch LETTER --channel CHANNEL --date DATE`; or mend the date: `archief edit`
select letter.stream, letter.content_seq as seq, printf('it says that it was sent on %s; no dispatch is recorded', strftime(letter.sent_date, '%Y-%m-%d')) as what
from letter
where
    letter.sent_date <= cast($day as date)
    and letter.status in ('registered', 'signed')
order by seq;
