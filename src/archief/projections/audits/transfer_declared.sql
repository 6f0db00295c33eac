-- A transfer that was accepted has its declaration, drawn up within a month of the receipt (Archiefbesluit 1995, 9)
-- severity: serious
-- remedy: draw it up with the records office and record it: `archief transfer declare TRANSFER`
select stream, accepted_seq as seq, printf('it was accepted on %s, and has no declaration', strftime(accepted, '%Y-%m-%d')) as what
from transfer
where accepted_seq is not null and declaration is null and accepted + interval 1 month < cast($day as date)
order by accepted_seq;
