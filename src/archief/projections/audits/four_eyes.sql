-- Who proposes a destruction, who reviews it, who consents and who authorises are different persons (design.md, retention; Archiefbesluit 8)
with acted as (
    select stream, seq, unnest(list_distinct(reviewers)) as person from destruction
    union all
    select stream, seq, proposer from destruction
    union all
    select stream, seq, consenter from destruction where consenter is not null
    union all
    select stream, seq, authoriser from destruction where authoriser is not null
)
select stream, seq, 'one person did two of its steps' as what
from acted
where person is not null
group by stream, seq, person
having count(*) > 1
order by seq;
