-- Which payloads hold the words of those letters: every content event of theirs, and which part of it counts.
create or replace temp table source as
select
    version.seq,
    wanted.letter,
    version.seq = wanted.body_seq as has_body,
    version.seq = wanted.fields_seq as has_fields
from register.main.letter_version as version
join wanted using (stream)
