-- Issued numbers that fell away without a letter; they count as issued. Grain: one row per number_voided.
create or replace table voided_number as
select
    stream,
    seq,
    time,
    facts.series as series,
    facts.year as year,
    data.number as number
from event
where type = 'number_voided.v1'
order by seq;

comment on table voided_number is 'Issued numbers that fell away without a letter; they count as issued. One row per number_voided.';
comment on column voided_number.stream is 'the number';
comment on column voided_number.seq is 'entry that voids it';
comment on column voided_number.time is 'when, UTC';
comment on column voided_number.series is 'the series';
comment on column voided_number.year is 'year of the number';
comment on column voided_number.number is 'the number; null when its payload was erased';
