-- Limits on openness, with ground and term. Grain: one row per openness_restricted.
create or replace table restriction as
with lifted as (
    select
        stream,
        cast(more ->> 'restriction' as bigint) as restriction,
        min(seq) as seq,
        arg_min(try_cast(more ->> 'date' as date), seq) as date
    from event
    where type = 'restriction_lifted.v1'
    group by all
)
select
    limited.stream,
    limited.seq,
    limited.time,
    limited.more ->> 'ground' as ground,
    try_cast(limited.more ->> 'begin' as date) as begin_date,
    try_cast(limited.more ->> 'end' as date) as end_date,
    limited.more ->> 'term' as term,
    lifted.seq as lifted_seq,
    lifted.date as lifted
from event as limited
left join lifted on lifted.stream = limited.stream and lifted.restriction = limited.seq
where limited.type = 'openness_restricted.v1'
order by limited.seq;

comment on table restriction is 'Limits on openness, with ground and term. One row per openness_restricted.';
comment on column restriction.stream is 'the letter or dossier';
comment on column restriction.seq is 'entry that limits it';
comment on column restriction.time is 'when, UTC';
comment on column restriction.ground is 'ground in the law';
comment on column restriction.begin_date is 'first day it holds; null: from transfer on';
comment on column restriction.end_date is 'first day it holds no longer';
comment on column restriction.term is 'its length, where no end date is known';
comment on column restriction.lifted_seq is 'entry that ends it early';
comment on column restriction.lifted is 'first day it holds no longer because of that';
