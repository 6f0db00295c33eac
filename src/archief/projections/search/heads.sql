-- The same for what the register itself knows of a letter. The words of the subject count three times.
create or replace temp table part as
with text as (
    select
        wanted.letter,
        concat_ws(
            ' ',
            letter.subject, letter.subject, letter.subject, letter.number, letter.sender, letter.addressee, letter.handled_by,
            letter.our_reference, letter.your_reference, letter.doc_type, letter.organisation
        ) as text
    from register.main.letter as letter
    join wanted using (stream)
)
select letter, word, count(*)::integer as count
from (select letter, unnest(regexp_extract_all(strip_accents(lower(text)), '[\pL\pN]+')) as word from text)
where length(word) <= 64
group by letter, word
