-- Which letters have to be read anew: new ones, and those whose content changed. Destroyed ones never are.
create or replace temp table wanted as
select
    letter.stream,
    letter.content_seq,
    letter.body_seq,
    letter.fields_seq,
    coalesce(indexed.letter, (select coalesce(max(letter), 0) from indexed) + row_number() over (
        partition by indexed.letter is null order by letter.opened_seq
    ))::integer as letter
from register.main.letter as letter
left join indexed using (stream)
where letter.destroyed_seq is null and (indexed.letter is null or indexed.content_seq <> letter.content_seq)
