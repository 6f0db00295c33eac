-- No name of a payload stands in the facts of an entry: those are never erased (AVG 5 lid 1 e and 17; format.md, the log)
-- severity: grave
-- remedy: the entry stays for ever: report it as a data breach where it is one; use a code without a name from here on
with code as (
    -- Codes of a few words each, in which an organisation may have put words of its own; each once, where it was first said.
    select word, min(seq) as seq, arg_min(stream, seq) as stream
    from (
        select stream, opened_seq as seq, unnest([kind, organ, series]) as word from letter
        union all
        select stream, opened_seq, unnest([organ, ordering, place]) from dossier
        union all
        select stream, classified_seq, kenmerk from dossier
        union all
        select stream, seq, unnest([role, basis, on_behalf_of]) from signature
        union all
        select stream, seq, channel from dispatch
        union all
        select stream, seq, ground from restriction
        union all
        select stream, seq, ground from block
        union all
        select stream, seq, unnest([role, on_behalf_of, kind, basis]) from mandate
        union all
        select stream, seq, unnest([kind, role]) from commitment
        union all
        select stream, seq, kind from meeting
        union all
        select stream, seq, code from rule_set
        union all
        select stream, seq, unnest([ground, channel, sip_number]) from transfer
        union all
        select stream, begin_seq, role from role
    )
    where word is not null
    group by word
),
said as (
    select
        stream,
        seq,
        word,
        unnest(string_split_regex(word, '[^a-z0-9]+')) as part
    from code
),
person_name as (
    select distinct name from (
        select name from person
        union all
        select handled_by from letter
        union all
        select name_shown from signature
        union all
        select promised_by from commitment
    )
    where name is not null
),
known as (
    select unnest(string_split_regex(word, '[^a-z0-9]+')) as part
    from (select unnest($known) as word)
),
suspect as (
    -- Words that the program's own lists know (an office, an organ) say nothing of a person; nor do short ones.
    select distinct part
    from (
        select unnest(string_split_regex(lower(strip_accents(name)), '[^a-z0-9]+')) as part
        from person_name
    )
    where len(part) > 3 and regexp_full_match(part, '[a-z]+') and part not in (select part from known)
),
whole as materialized (
    select distinct trim(regexp_replace(lower(strip_accents(name)), '[^a-z0-9]+', '-', 'g'), '-') as name
    from (
        -- Each name once before it is taken apart: most letters go to the same few.
        select addressee as name from letter
        union
        select sender from letter
    )
    where name is not null
)
select stream, min(seq) as seq, 'a code in its facts holds what a payload gives as a name' as what
from said
where
    part in (select part from suspect)
    or (word not in (select unnest($known)) and regexp_replace(word, '^.*:|_', '', 'g') in (select name from whole where len(name) > 3))
group by stream, word
order by seq;
