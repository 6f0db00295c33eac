-- Words become stems, and what was counted in several payloads of a letter is added up. In the order of stems, so that a
-- question reads few rows.
insert into posting
select word.stem, found.letter, sum(found.count)::integer as count
from found
join word on word.id = found.word
group by word.stem, found.letter
order by word.stem, found.letter;

insert into indexed
select wanted.letter, wanted.stream, wanted.content_seq, coalesce(sum(found.count), 0)::integer as length
from wanted
left join found using (letter)
group by wanted.letter, wanted.stream, wanted.content_seq
order by wanted.letter
