-- What is kept for ever is transferred before its last day is past (Archiefwet 1995, 12; Archiefbesluit 1995, 9)
-- severity: serious
-- remedy: propose the transfer: `archief transfer propose`
select stream, null as seq, printf('to be transferred by %s at the latest, and is not', strftime(latest_date, '%Y-%m-%d')) as what
from retention
where outcome = 'transfer' and latest_date < cast($day as date)
order by stream;
