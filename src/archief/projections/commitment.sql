-- Promises to the council (toezeggingen) and promised papers, and what became of them. Grain: one row per promise.
create or replace table commitment as
with settled as (
    select
        stream,
        arg_max(facts.result, seq) as result,
        arg_max(facts.date, seq) filter (facts.date is not null) as date,
        arg_max(facts.letter, seq) filter (facts.letter is not null) as letter,
        max(seq) as seq
    from event
    where type = 'commitment_settled.v1'
    group by stream
)
select
    made.stream,
    made.seq,
    made.time as recorded,
    made.facts.kind as kind,
    coalesce(settled.result, 'open') as status,
    try_cast(made.facts.made as date) as made,
    try_cast(made.facts.made_before as date) as made_before,
    try_cast(made.facts.due_begin as date) as due_begin,
    try_cast(made.facts.due_end as date) as due_end,
    made.data.due_wording as due_wording,
    made.data.text as text,
    made.data.promised_by as promised_by,
    made.facts.role as role,
    made.facts.letter as letter,
    made.data.inferred as inferred,
    try_cast(settled.date as date) as settled,
    settled.letter as settled_by,
    settled.seq as settled_seq
from event as made
left join settled on settled.stream = made.stream
where made.type = 'commitment_made.v1'
order by made.seq;

comment on table commitment is 'Promises to the council (toezeggingen) and promised papers, and what became of them. One row per promise.';
comment on column commitment.stream is 'the promise';
comment on column commitment.seq is 'entry that recorded it';
comment on column commitment.recorded is 'when, UTC';
comment on column commitment.kind is 'toezegging, papers';
comment on column commitment.status is 'open, partly (still open), settled, lapsed';
comment on column commitment.made is 'day it was made';
comment on column commitment.made_before is 'it was made before this day';
comment on column commitment.due_begin is 'first day of the period it is due in';
comment on column commitment.due_end is 'first day it is overdue';
comment on column commitment.due_wording is 'the due period in its own words';
comment on column commitment.text is 'what was promised, its first 200 characters; the payload has it whole';
comment on column commitment.promised_by is 'who promised, by name and office';
comment on column commitment.role is 'office of who promised';
comment on column commitment.letter is 'letter that makes it or refers to it';
comment on column commitment.inferred is 'what was concluded and does not stand in the source';
comment on column commitment.settled is 'when it was settled';
comment on column commitment.settled_by is 'letter that settles it';
comment on column commitment.settled_seq is 'last entry that says what became of it';
