-- Issued register numbers are distinct, there, and within the range that was issued (format.md, numbers; Archiefregeling 18)
-- severity: serious
-- remedy: annotate the letters that share a number; a number that falls away is voided: `archief void NUMBER`
with numbered as (
    select *, count(*) over (partition by series, year, number) as times
    from issued_number
    where number is not null or not erased
)
select
    stream,
    seq,
    case
        -- Its payload is there and gives no number: a gap that no destruction explains.
        when number is null then printf('it took a number in series %s of %d, and has none', series, year)
        when times > 1 then printf('its number was issued %d times in series %s of %d', times, series, year)
        else printf('its number lies outside of the %d that series %s of %d issued', last - first + 1, series, year)
    end as what
from numbered
where number is null or times > 1 or ordinal is null or ordinal not between first and last
order by seq;
