-- Which letter is in which dossier now. Grain: one row per letter and dossier.
create or replace table filing as
with moved as (
    select
        stream,
        cast(more ->> 'dossier' as uuid) as dossier,
        arg_max(type, seq) as last,
        max(seq) as seq,
        arg_max(time, seq) as time,
        arg_max(person, seq) as person
    from event
    where type in ('letter_filed.v1', 'letter_unfiled.v1')
    group by all
)
select stream, dossier, seq, time, person
from moved
where last = 'letter_filed.v1'
order by seq;

comment on table filing is 'Which letter is in which dossier now. One row per letter and dossier.';
comment on column filing.stream is 'the letter';
comment on column filing.dossier is 'the dossier, by stream';
comment on column filing.seq is 'entry that put it there';
comment on column filing.time is 'when, UTC';
comment on column filing.person is 'who recorded it, by stream';
