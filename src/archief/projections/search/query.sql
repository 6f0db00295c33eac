-- The letters in which every word asked for stands, best first (BM25, k1 = 1.2, b = 0.75: Robertson and Zaragoza, 2009).
-- One row of `asked` is one word typed: the stems that answer to it. The condition on `letter` is of our own words; values are bound.
with asked as (
    select unnest($asked) as asked
),
sought as (
    select distinct asked.asked.number as number, unnest(asked.asked.stems) as stem
    from asked
),
total as (
    select count(*) as letters, avg(length) as length
    from search.main.indexed
),
found as (
    select sought.number, posting.letter, sum(posting.count) as count
    from search.main.posting as posting
    join sought using (stem)
    group by sought.number, posting.letter
),
weight as (
    select number, ln(1 + ((select letters from total) - count(*) + 0.5) / (count(*) + 0.5)) as weight
    from found
    group by number
),
scored as (
    select
        found.letter,
        sum(
            weight.weight * found.count * 2.2
            / (found.count + 1.2 * (0.25 + 0.75 * indexed.length / (select length from total)))
        ) as score
    from found
    join weight using (number)
    join search.main.indexed as indexed using (letter)
    group by found.letter
    having count(*) = len($asked)
)
select
    letter.stream,
    letter.number,
    letter.date,
    letter.kind,
    letter.status,
    letter.subject,
    letter.body_seq,
    letter.fields_seq,
    round(scored.score, 3) as score,
    count(*) over () as total
from scored
join search.main.indexed as indexed using (letter)
join letter using (stream)
where letter.destroyed_seq is null and {where}
order by scored.score desc, letter.opened_seq desc
limit $limit
