-- Every register number that a series of ours issued, with the range it must lie in. Series and year are facts and outlive
-- every destruction; the number itself is gone then. Grain: one row per issued number, also where its letter is destroyed.
create or replace view issued_number as
with issued as (
    select stream, opened_seq as seq, series, year, number, if(destroyed_seq is null, 'held', 'destroyed') as status
    from letter
    where series is not null
    union all
    select stream, seq, series, year, number, 'voided' from voided_number
),
setting as (
    select series, year, arg_max(start, seq) as start
    from series
    group by series, year
),
span as (
    select
        counted.series,
        counted.year,
        coalesce(own.start, every.start, 1) as first,
        coalesce(own.start, every.start, 1) + counted.total - 1 as last
    from (select series, year, count(*) as total from issued group by series, year) as counted
    left join setting as own on own.series = counted.series and own.year = counted.year
    left join setting as every on every.series = counted.series and every.year is null
)
select
    issued.stream,
    issued.seq,
    issued.series,
    issued.year,
    issued.number,
    issued.status,
    -- The last digits of what the pattern writes; a year may stand before them.
    try_cast(regexp_extract(issued.number, '([0-9]+)[^0-9]*$', 1) as bigint) as ordinal,
    span.first,
    span.last,
    erased.seq is not null as erased
from issued
join span using (series, year)
left join (select seq from event where payload = 'absent') as erased on erased.seq = issued.seq
order by issued.seq;

comment on view issued_number is 'Every register number that a series of ours issued, with the range it must lie in. One row per issued number, also where its letter is destroyed.';
comment on column issued_number.stream is 'the letter, or the voided number';
comment on column issued_number.seq is 'entry that took it';
comment on column issued_number.series is 'series that issued it';
comment on column issued_number.year is 'year of the number';
comment on column issued_number.number is 'the number; null when it is erased';
comment on column issued_number.status is 'held, voided, destroyed';
comment on column issued_number.ordinal is 'its place in the series';
comment on column issued_number.first is 'the first that the series issues in that year';
comment on column issued_number.last is 'the last, when none was left out';
comment on column issued_number.erased is 'whether what gave it is erased';
