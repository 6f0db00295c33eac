-- The register of letters. Counts rest on facts of the log, which outlive every destruction; words may be gone.

-- name: kort
select 'brieven' as figure, count(*) as value, list(opened_seq order by opened_seq) as events from letter
union all
select 'eigen', count(*), list(letter.opened_seq order by letter.opened_seq)
from letter join event on event.seq = letter.opened_seq
where event.type = 'letter_registered.v1'
union all
select 'ontvangen', count(*), list(letter.opened_seq order by letter.opened_seq)
from letter join event on event.seq = letter.opened_seq
where event.type = 'letter_received.v1'
union all
select 'uitgegeven', count(*), list(seq order by seq) from issued_number
union all
select 'vervallen', count(*), list(seq order by seq) from voided_number
union all
select 'teruggenomen', count(*), list(withdrawn_seq order by withdrawn_seq) from letter where withdrawn_seq is not null
union all
select 'vernietigd', count(*), list(destroyed_seq order by destroyed_seq) from letter where destroyed_seq is not null

-- name: volledigheid
select
    series as reeks,
    year as jaar,
    any_value(first) as eerste,
    any_value(last) as laatste,
    count(*) as uitgegeven,
    count(*) filter (status = 'held') as aanwezig,
    count(*) filter (status = 'voided') as vervallen,
    count(*) filter (status = 'destroyed') as vernietigd,
    -- What is missing is what no surviving number stands for; each of these must be one whose payload was erased.
    count(*) - count(distinct ordinal) filter (ordinal between first and last) as ontbreekt,
    if(ontbreekt = count(*) filter (erased), 'sluitend', 'niet sluitend') as oordeel,
    list(seq order by seq) as events
from issued_number
group by series, year
order by series, year

-- name: maanden
with happened as (
    select letter.opened_seq as seq, event.type = 'letter_registered.v1' as own, false as voided, event.time
    from letter
    join event on event.seq = letter.opened_seq
    union all
    select seq, false, true, time from voided_number
)
select
    strftime((time at time zone 'UTC') at time zone 'Europe/Amsterdam', '%Y-%m') as maand,
    count(*) filter (own) as eigen,
    count(*) filter (not own and not voided) as ontvangen,
    count(*) filter (voided) as vervallen,
    count(*) filter (not voided) as brieven,
    list(seq order by seq) as events
from happened
group by maand
order by maand

-- name: vervallen
select number as nummer, series as reeks, year as jaar, time as moment, stream as record, [seq] as events
from voided_number
order by seq

-- name: brieven
select
    letter.number as nummer,
    letter.registered as geregistreerd,
    letter.kind as soort,
    letter.status,
    letter.date as datum,
    coalesce(letter.sender, letter.organisation) as afzender,
    letter.addressee as geadresseerde,
    letter.subject as onderwerp,
    letter.dispatched_date as verzonden,
    letter.stream as record,
    list_filter([letter.opened_seq, letter.dispatched_seq, letter.withdrawn_seq, letter.destroyed_seq], lambda x: x is not null)
        as events
from letter
order by letter.opened_seq
