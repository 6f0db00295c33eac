-- A transferred record takes no content here any more (design.md, transfer; Archiefwet 1995, 12)
-- severity: grave
-- remedy: find out who appended it (`archief history RECORD`); what must be said goes to the records office
select event.stream, event.seq, printf('content after entry %d transferred the record', handed_over.seq) as what
from event
join handed_over on handed_over.stream = event.stream and handed_over.seq < event.seq
join event_type on event_type.tag = event.type
where event_type.content
order by event.seq;
