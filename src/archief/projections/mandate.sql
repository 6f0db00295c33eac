-- Who may act for which organ, on what basis, how long. Grain: one row per mandate.
create or replace table mandate as
with ended as (
    select stream, max(seq) as seq, arg_max(facts.end, seq) as end_date
    from event
    where type = 'mandate_ended.v1'
    group by stream
)
select
    granted.stream,
    granted.seq,
    granted.time as granted,
    granted.facts.role as role,
    granted.facts.on_behalf_of as on_behalf_of,
    granted.facts.kind as kind,
    granted.facts.basis as basis,
    from_json(granted.facts.holders, '["UUID"]') as holders,
    try_cast(granted.facts.begin as date) as begin_date,
    try_cast(coalesce(ended.end_date, granted.facts.end) as date) as end_date,
    ended.seq as ended_seq,
    granted.data.title as title
from event as granted
left join ended using (stream)
where granted.type = 'mandate_granted.v1'
order by granted.seq;

comment on table mandate is 'Who may act for which organ, on what basis, how long. One row per mandate.';
comment on column mandate.stream is 'the mandate';
comment on column mandate.seq is 'entry that granted it: authority counts from here, whatever its first day';
comment on column mandate.granted is 'when, UTC';
comment on column mandate.role is 'the office it lets them fill';
comment on column mandate.on_behalf_of is 'the organ';
comment on column mandate.kind is 'mandaat, machtiging, volmacht, waarneming, loco';
comment on column mandate.basis is 'legal basis';
comment on column mandate.holders is 'the persons who hold it, by stream';
comment on column mandate.begin_date is 'first day';
comment on column mandate.end_date is 'first day it holds no longer';
comment on column mandate.ended_seq is 'entry that ended it otherwise than it said';
comment on column mandate.title is 'what it is called';
