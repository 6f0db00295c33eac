-- Every dossier with its letters, its place, its classification and its dates.

-- name: kort
with counted as (
    select 'alle' as figure, opened_seq as seq from dossier
    union all
    select 'open', opened_seq from dossier where status = 'open'
    union all
    select 'gesloten', closed_seq from dossier where status = 'closed'
    union all
    select 'vernietigd', destroyed_seq from dossier where destroyed_seq is not null
    union all
    select 'leeg', dossier.opened_seq
    from dossier
    anti join filing on filing.dossier = dossier.stream
    where dossier.destroyed_seq is null
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (select unnest(['alle', 'open', 'gesloten', 'vernietigd', 'leeg']) as figure) as wanted
left join counted using (figure)
group by wanted.figure

-- name: lijst
with held as (
    select dossier, count(*) as letters from filing group by dossier
)
select
    dossier.number as nummer,
    dossier.title as titel,
    dossier.organ as orgaan,
    dossier.status,
    dossier.opened as geopend,
    dossier.closed as gesloten,
    dossier.list as lijst,
    dossier.row as rij,
    dossier.waardering,
    coalesce(held.letters, 0) as brieven,
    dossier.place as plaats,
    dossier.stream as record,
    list_sort(list_filter(
        [dossier.opened_seq, dossier.classified_seq, dossier.closed_seq, dossier.destroyed_seq],
        lambda x: x is not null
    )) as events
from dossier
left join held on held.dossier = dossier.stream
order by dossier.opened_seq
