-- Who could do what: persons, roles, keys and mandates, as they stood.

-- name: kort
with counted as (
    select 'personen' as figure, seq from person
    union all
    select 'rollen', begin_seq from role where end_seq is null
    union all
    select 'sleutels', enrolled_seq from key where revoked_seq is null
    union all
    select 'ingetrokken', revoked_seq from key where revoked_seq is not null
    union all
    select 'verdacht', revoked_seq from key where suspect_from is not null
    union all
    select 'mandaten', seq
    from mandate
    where (begin_date is null or begin_date <= $day) and (end_date is null or end_date > $day)
    union all
    select 'vernietigen', begin_seq from role where end_seq is null and role = 'authoriser'
    union all
    select 'vertrokken', person.seq
    from person
    where
        exists (select 1 from role where role.stream = person.stream)
        and not exists (select 1 from role where role.stream = person.stream and role.end_seq is null)
    union all
    select 'onbevoegd', seq from skipped
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (
    select unnest([
        'personen', 'rollen', 'sleutels', 'ingetrokken', 'verdacht', 'mandaten', 'vernietigen', 'vertrokken', 'onbevoegd'
    ]) as figure
) as wanted
left join counted using (figure)
group by wanted.figure

-- name: rollen
select
    coalesce(person.name, cast(role.stream as varchar)[:8]) as persoon,
    role.role as rol,
    role.begin_time as vanaf,
    role.end_time as tot,
    list_filter([role.begin_seq, role.end_seq], lambda x: x is not null) as events
from role
left join person using (stream)
order by role.begin_seq, role.role

-- name: sleutels
select
    key.id[:16] as sleutel,
    coalesce(person.name, cast(key.stream as varchar)[:8]) as persoon,
    key.use as gebruik,
    if(key.type = 1, 'Ed25519', 'ML-DSA-44') as soort,
    key.enrolled as vanaf,
    revoked.time as ingetrokken,
    key.suspect_from as verdacht_vanaf,
    list_filter([key.enrolled_seq, key.revoked_seq], lambda x: x is not null) as events
from key
left join person using (stream)
left join event as revoked on revoked.seq = key.revoked_seq
order by key.enrolled_seq, key.id

-- name: mandaten
select
    mandate.title as mandaat,
    mandate.kind as soort,
    mandate.role as ambt,
    mandate.on_behalf_of as namens,
    mandate.basis as grond,
    (
        select string_agg(coalesce(person.name, cast(person.stream as varchar)[:8]), ', ' order by person.seq)
        from person
        where list_contains(mandate.holders, person.stream)
    ) as houders,
    mandate.begin_date as vanaf,
    mandate.end_date as tot,
    (select count(*) from signature where signature.mandate = mandate.stream) as gebruikt,
    mandate.stream as record,
    list_filter([mandate.seq, mandate.ended_seq], lambda x: x is not null) as events
from mandate
order by mandate.seq
