-- Issued register numbers are distinct, there, and within the range that was issued (format.md, numbers; Archiefregeling 18)
-- severity: serious
-- remedy: annotate the letters that share a number; a number that falls away is voided: `archief void NUMBER`
with issued as (
    -- Series and year are facts and outlive every destruction; the number itself is gone then.
    select stream, opened_seq as seq, series, year, number from letter where series is not null
    union all
    select stream, seq, series, year, number from voided_number
),
counted as (
    select *, count(*) over (partition by series, year) as total
    from issued
),
setting as (
    select series, year, arg_max(start, seq) as start
    from series
    group by series, year
),
numbered as (
    select
        counted.*,
        -- The last digits of what the pattern writes; a year may stand before them.
        try_cast(regexp_extract(counted.number, '([0-9]+)[^0-9]*$', 1) as bigint) as ordinal,
        coalesce(own.start, every.start, 1) as start,
        count(*) over (partition by counted.series, counted.year, counted.number) as times
    from counted
    left join setting as own on own.series = counted.series and own.year = counted.year
    left join setting as every on every.series = counted.series and every.year is null
    where counted.number is not null
),
-- A number that no payload gives, though its payload is there: a gap that no destruction explains.
unnumbered as (
    select counted.stream, counted.seq, printf('it took a number in series %s of %d, and has none', series, year) as what
    from counted
    join event on event.seq = counted.seq
    where counted.number is null and event.payload = 'present'
)
select
    stream,
    seq,
    case
        when times > 1 then printf('its number was issued %d times in series %s of %d', times, series, year)
        else printf('its number lies outside of the %d that series %s of %d issued', total, series, year)
    end as what
from numbered
where times > 1 or ordinal is null or ordinal < start or ordinal >= start + total
union all
select stream, seq, what from unnumbered
order by seq;
