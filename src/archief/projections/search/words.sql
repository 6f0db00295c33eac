-- How often each word stands in each letter, out of some payload lines. The lines' place: variable payload_files.
-- Of the paragraphs and the rows of a form only the last version counts; who signed, what was
-- attached and what an e-mail said is kept for all.
create or replace temp table part as
with payload as (
    select seq, data
    from read_json(
        getvariable('payload_files'),
        format = 'newline_delimited',
        maximum_object_size = 2097152,
        columns = {
            seq: 'BIGINT',
            data: 'STRUCT(
                body VARCHAR[],
                fields JSON,
                message VARCHAR[],
                attachments VARCHAR[],
                signatories STRUCT("name" VARCHAR, "role" VARCHAR)[],
                closing VARCHAR
            )'
        }
    )
),
text as (
    select
        source.letter,
        concat_ws(
            ' ',
            case when source.has_body then array_to_string(payload.data.body, ' ') end,
            case when source.has_fields then payload.data.fields::varchar end,
            array_to_string(payload.data.message, ' '),
            array_to_string(payload.data.attachments, ' '),
            array_to_string([concat_ws(' ', one.name, one.role) for one in payload.data.signatories], ' ')
        ) as text
    from payload
    join source using (seq)
)
select letter, word, count(*)::integer as count
from (select letter, unnest(regexp_extract_all(strip_accents(lower(text)), '[\pL\pN]+')) as word from text)
where length(word) <= 64
group by letter, word
