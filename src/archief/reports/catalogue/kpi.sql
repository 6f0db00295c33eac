-- The ten Archief-KPI's, as far as this archive has data for them. Titles 6 to 10 were not read in their source.

-- name: kpi1
with counted as (
    select 'wetten' as figure, seq from rule_set where current and kind = 'law'
    union all
    select 'lijsten', seq from rule_set where current and kind = 'list'
    union all
    select 'onder_lijst', dossier.classified_seq
    from dossier
    semi join list_row on list_row.list = dossier.list and list_row.nummer = dossier.row
    union all
    select 'mandaten', seq
    from mandate
    where (begin_date is null or begin_date <= $day) and (end_date is null or end_date > $day)
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (select unnest(['wetten', 'lijsten', 'onder_lijst', 'mandaten']) as figure) as wanted
left join counted using (figure)
group by wanted.figure

-- name: kpi2
with counted as (
    select 'controles' as figure, seq from event where type = 'fixity_checked.v1'
    union all
    select 'evaluaties', seq from event where type = 'audit_recorded.v1'
    union all
    select 'recent', seq
    from event
    where
        type = 'audit_recorded.v1'
        and cast((time at time zone 'UTC') at time zone 'Europe/Amsterdam' as date) > $day - interval 2 years
    union all
    select 'bevindingen', seq from finding
    union all
    select 'open_bevindingen', seq from finding where status = 'open'
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (
    select unnest([
        'controles', 'evaluaties', 'recent', 'bevindingen', 'open_bevindingen'
    ]) as figure
) as wanted
left join counted using (figure)
group by wanted.figure

-- name: kpi3
with counted as (
    select distinct 'brieven' as figure, seq from tiered_metadata
    union all
    select 'volledig', seq from tiered_metadata group by seq having bool_and(present)
    union all
    select 'los', seq from unfiled
    union all
    select 'ongewaardeerd', opened_seq from dossier where destroyed_seq is null and classified_seq is null
    union all
    select 'onbevoegd', seq from skipped
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (select unnest(['brieven', 'volledig', 'los', 'ongewaardeerd', 'onbevoegd']) as figure) as wanted
left join counted using (figure)
group by wanted.figure

-- name: kpi4
with counted as (
    select 'bestanden' as figure, seq from document
    union all
    select 'open', document.seq from document join preferred_format using (pronom) where preferred_format.open is not null
    union all
    select 'onbekend', seq from document where pronom is null
    union all
    select 'conversies', seq from event where type = 'document_converted.v1'
    union all
    select 'validaties', seq from event where type = 'signature_validated.v1'
)
select
    wanted.figure,
    count(seq) as value,
    list(distinct seq order by seq) filter (seq is not null) as events
from (select unnest(['bestanden', 'open', 'onbekend', 'conversies', 'validaties']) as figure) as wanted
left join counted using (figure)
group by wanted.figure

-- name: kpi5
with blocked as (
    select record, seq, kind
    from block
    where lifted_seq is null and (begin_date is null or begin_date <= $day) and (end_date is null or end_date > $day)
),
counted as (
    select 'achterstand' as figure, coalesce(dossier.closed_seq, dossier.classified_seq) as seq
    from retention
    join dossier using (stream)
    anti join blocked on blocked.record = retention.stream
    where retention.outcome = 'destroy' and retention.action_date <= $day
    union all
    select 'vernietigd', seq from destroyed
    union all
    select 'verklaringen', closed_seq from destruction where closed_seq is not null
    union all
    select 'zonder_instemming', authorised_seq from destruction where authorised_seq is not null and consented_seq is null
    union all
    select distinct 'uitzonderingen', seq from blocked where kind = 'exemption'
    union all
    select distinct 'opschortingen', seq from blocked where kind = 'hold'
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (
    select unnest([
        'achterstand', 'vernietigd', 'verklaringen', 'zonder_instemming', 'uitzonderingen', 'opschortingen'
    ]) as figure
) as wanted
left join counted using (figure)
group by wanted.figure

-- name: kpi6
with counted as (
    select 'blijvend' as figure, dossier.opened_seq as seq from retention join dossier using (stream) where retention.waardering = 'B'
    union all
    select 'aan_de_beurt', dossier.opened_seq
    from retention
    join dossier using (stream)
    where retention.outcome = 'transfer' and retention.action_date <= $day
    union all
    select 'te_laat', dossier.opened_seq
    from retention
    join dossier using (stream)
    where retention.outcome = 'transfer' and retention.latest_date < $day
    union all
    select 'aanvaard', accepted_seq from transfer where accepted_seq is not null
    union all
    select 'beperkt', seq from restriction where lifted_seq is null
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (select unnest(['blijvend', 'aan_de_beurt', 'te_laat', 'aanvaard', 'beperkt']) as figure) as wanted
left join counted using (figure)
group by wanted.figure

-- name: kpi7
with counted as (
    select 'kopieën' as figure, seq from event where type = 'backup_made.v1'
    union all
    select 'hersteld', seq from event where type = 'restore_completed.v1'
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (select unnest(['kopieën', 'hersteld']) as figure) as wanted
left join counted using (figure)
group by wanted.figure

-- name: kpi8
with counted as (
    select 'gepubliceerd' as figure, seq from event where type = 'copy_published.v1'
    union all
    select 'ingetrokken', seq from event where type = 'copy_unpublished.v1'
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (select unnest(['gepubliceerd', 'ingetrokken']) as figure) as wanted
left join counted using (figure)
group by wanted.figure

-- name: kpi9
with counted as (
    select 'recente_kopieën' as figure, seq
    from event
    where
        type = 'backup_made.v1'
        and cast((time at time zone 'UTC') at time zone 'Europe/Amsterdam' as date) > $day - interval 1 month
    union all
    select 'recent_hersteld', seq
    from event
    where
        type = 'restore_completed.v1'
        and cast((time at time zone 'UTC') at time zone 'Europe/Amsterdam' as date) > $day - interval 1 year
    union all
    select 'verdacht', revoked_seq from key where suspect_from is not null
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (select unnest(['recente_kopieën', 'recent_hersteld', 'verdacht']) as figure) as wanted
left join counted using (figure)
group by wanted.figure

-- name: kpi10
with counted as (
    select 'archivarissen' as figure, begin_seq as seq from role where end_seq is null and role = 'archivaris'
    union all
    select 'rollen', begin_seq from role where end_seq is null
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (select unnest(['archivarissen', 'rollen']) as figure) as wanted
left join counted using (figure)
group by wanted.figure
