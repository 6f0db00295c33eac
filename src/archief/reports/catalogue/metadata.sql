-- What is known of the letters that are here, element by element, in the three tiers of the draft Archiefregeling.

-- name: kort
with judged as (
    select seq, longer, transfer, bool_and(present) as whole
    from tiered_metadata
    group by seq, longer, transfer
),
counted as (
    select 'brieven' as figure, seq from judged
    union all
    select 'volledig', seq from judged where whole
    union all
    select 'lang', seq from judged where longer or transfer
    union all
    select 'lang_volledig', seq from judged where (longer or transfer) and whole
    union all
    select 'over', seq from judged where transfer
    union all
    select 'over_volledig', seq from judged where transfer and whole
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (
    select unnest(['brieven', 'volledig', 'lang', 'lang_volledig', 'over', 'over_volledig']) as figure
) as wanted
left join counted using (figure)
group by wanted.figure

-- name: alle
select
    element,
    count(*) as brieven,
    count(*) filter (present) as bekend,
    count(*) filter (not present) as ontbreekt,
    count(*) filter (present) * 1000 // count(*) as aandeel,
    list(seq order by seq) filter (not present) as events
from tiered_metadata
where tier = 1
group by tier, element
order by aandeel, element

-- name: lang
select
    element,
    count(*) as brieven,
    count(*) filter (present) as bekend,
    count(*) filter (not present) as ontbreekt,
    count(*) filter (present) * 1000 // count(*) as aandeel,
    list(seq order by seq) filter (not present) as events
from tiered_metadata
where tier <= 2 and (longer or transfer)
group by tier, element
order by tier desc, aandeel, element

-- name: over
select
    element,
    count(*) as brieven,
    count(*) filter (present) as bekend,
    count(*) filter (not present) as ontbreekt,
    count(*) filter (present) * 1000 // count(*) as aandeel,
    list(seq order by seq) filter (not present) as events
from tiered_metadata
where transfer
group by tier, element
order by tier desc, aandeel, element

-- name: ontbreekt
select
    lacking.element,
    letter.number as nummer,
    letter.subject as onderwerp,
    letter.date as datum,
    case when lacking.transfer then 'over' when lacking.longer then 'lang' else 'alle' end as trap,
    lacking.stream as record,
    [lacking.seq] as events
from tiered_metadata as lacking
join letter using (stream)
where not lacking.present
order by lacking.tier desc, lacking.element, lacking.seq
