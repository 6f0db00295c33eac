-- What is held, and where in the ordering: letters and dossiers that are not destroyed, per kind, year, process and place.

-- name: kort
with counted as (
    select 'brieven' as figure, opened_seq as seq from letter where destroyed_seq is null
    union all
    select 'dossiers', opened_seq from dossier where destroyed_seq is null
    union all
    select 'open_dossiers', opened_seq from dossier where status = 'open'
    union all
    select 'los', seq from unfiled
    union all
    select 'zonder_rij', opened_seq from dossier where destroyed_seq is null and classified_seq is null
    union all
    select 'vernietigd', seq from destroyed
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (select unnest(['brieven', 'dossiers', 'open_dossiers', 'los', 'zonder_rij', 'vernietigd']) as figure) as wanted
left join counted using (figure)
group by wanted.figure

-- name: soorten
select
    coalesce(kind, 'niet vermeld') as soort,
    coalesce(organ, 'niet vermeld') as orgaan,
    count(*) as brieven,
    min(registered) as eerste,
    max(registered) as laatste,
    list(opened_seq order by opened_seq) as events
from letter
where destroyed_seq is null
group by all
order by soort, orgaan

-- name: jaren
select
    strftime((registered at time zone 'UTC') at time zone 'Europe/Amsterdam', '%Y') as jaar,
    count(*) as brieven,
    list(opened_seq order by opened_seq) as events
from letter
where destroyed_seq is null
group by jaar
order by jaar

-- name: processen
with held as (
    select filing.dossier, count(*) as letters
    from filing
    join letter using (stream)
    where letter.destroyed_seq is null
    group by filing.dossier
)
select
    coalesce(list_row.proces, 'niet gewaardeerd') as proces,
    dossier.list as lijst,
    dossier.row as rij,
    any_value(list_row.resultaat) as resultaat,
    count(*) as dossiers,
    cast(coalesce(sum(held.letters), 0) as bigint) as brieven,
    min(dossier.opened) as eerste,
    max(dossier.opened) as laatste,
    list(dossier.opened_seq order by dossier.opened_seq) as events
from dossier
left join list_row on list_row.list = dossier.list and list_row.nummer = dossier.row
left join held on held.dossier = dossier.stream
where dossier.destroyed_seq is null
group by list_row.proces, dossier.list, dossier.row
order by list_row.proces nulls last, dossier.list, dossier.row

-- name: plaatsen
select
    coalesce(ordering, 'niet vermeld') as ordening,
    coalesce(place, 'niet vermeld') as plaats,
    count(*) as dossiers,
    list(opened_seq order by opened_seq) as events
from dossier
where destroyed_seq is null
group by all
order by ordening, plaats
