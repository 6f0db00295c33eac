-- Who proposes a destruction, who reviews it, who consents and who authorises are different persons, one after the other, and nothing is erased before its day (design.md, retention; Archiefbesluit 8)
-- severity: grave
-- remedy: have the destruction judged by those who may: it cannot be undone; open a finding
with acted as (
    select stream, seq, 'reviewed' as step, unnest(list_distinct(reviewers)) as person from destruction
    union all
    select stream, seq, 'proposed', proposer from destruction
    union all
    select stream, seq, 'consented', consenter from destruction where consenter is not null
    union all
    select stream, seq, 'authorised', authoriser from destruction where authoriser is not null
),
broken as (
    select stream, seq, 'one person did two of its steps' as what
    from acted
    where person is not null
    group by stream, seq, person
    having count(*) > 1
    union all
    -- One human being may be enrolled twice.
    select acted.stream, acted.seq, 'persons of one name did two of its steps: find out whether they are two'
    from acted
    join person on person.stream = acted.person and person.name is not null
    group by acted.stream, acted.seq, lower(regexp_replace(trim(person.name), '\s+', ' ', 'g'))
    having count(distinct acted.step) > 1 and count(distinct acted.person) > 1
    union all
    select stream, seq, 'it was consented to before it was reviewed'
    from destruction
    where consented_seq < coalesce(reviewed_seq, consented_seq + 1)
    union all
    select stream, seq, 'it was authorised before the archivaris consented'
    from destruction
    where authorised_seq < coalesce(consented_seq, authorised_seq + 1)
    union all
    select destruction.stream, destruction.seq, 'its execution began on ' || cast(began.day as varchar) || ', before its day'
    from destruction
    join (
        select seq, cast(time at time zone 'UTC' at time zone 'Europe/Amsterdam' as date) as day from event
    ) as began on began.seq = destruction.started_seq
    where began.day < destruction.earliest
)
select stream, seq, what from broken order by seq, what;
