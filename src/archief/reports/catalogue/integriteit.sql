-- How often the archive was checked, by whom outsiders can vouch, what was found and what became of it, and its copies.

-- name: kort
with counted as (
    select 'controles' as figure, seq from event where type = 'fixity_checked.v1'
    union all
    select 'toetsingen', seq from event where type = 'audit_recorded.v1'
    union all
    select 'koppen', seq from event where type = 'checkpoint_cosigned.v1'
    union all
    select 'tijdstempels', seq from event where type = 'timestamp_obtained.v1'
    union all
    select 'bevindingen', seq from finding
    union all
    select 'open', seq from finding where status = 'open'
    union all
    select 'kopieën', seq from event where type = 'backup_made.v1'
    union all
    select 'hersteld', seq from event where type in ('restore_completed.v1', 'restore_tested.v1')
    union all
    select 'onbevoegd', seq from skipped
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (
    select unnest([
        'controles', 'toetsingen', 'koppen', 'tijdstempels', 'bevindingen', 'open', 'kopieën', 'hersteld', 'onbevoegd'
    ]) as figure
) as wanted
left join counted using (figure)
group by wanted.figure

-- name: controles
select
    audit_run.time as moment,
    audit_run.kind as wat,
    audit_run.method as omvang,
    audit_run.asked as gevraagd,
    audit_run.size as tot,
    audit_run.found as gevonden,
    coalesce(person.name, cast(audit_run.person as varchar)[:8]) as door,
    [audit_run.seq] as events
from audit_run
left join person on person.stream = audit_run.person
order by audit_run.seq

-- name: bevindingen
select
    finding.opened as geopend,
    finding.title as bevinding,
    finding.rule as regel,
    finding.severity as ernst,
    coalesce(person.name, cast(finding.assigned as varchar)[:8]) as toegewezen,
    finding.due as voor,
    finding.status as stand,
    date_diff(
        'day',
        cast((finding.opened at time zone 'UTC') at time zone 'Europe/Amsterdam' as date),
        coalesce(cast((finding.closed at time zone 'UTC') at time zone 'Europe/Amsterdam' as date), cast($day as date))
    ) as dagen,
    finding.stream as record,
    list_filter([finding.seq, finding.closed_seq], lambda x: x is not null) as events
from finding
left join person on person.stream = finding.assigned
order by finding.closed_seq is not null, finding.seq

-- name: verloop
select
    event.time as moment,
    event_type.name as wat,
    coalesce(person.name, cast(event.person as varchar)[:8]) as door,
    date_diff(
        'day', cast((event.time at time zone 'UTC') at time zone 'Europe/Amsterdam' as date), cast($day as date)
    ) as dagen,
    event.stream as record,
    [event.seq] as events
from event
join event_type on event_type.tag = event.type
left join person on person.stream = event.person
where event.type in (
    'fixity_checked.v1', 'audit_recorded.v1', 'checkpoint_cosigned.v1', 'timestamp_obtained.v1', 'finding_opened.v1',
    'finding_closed.v1', 'backup_made.v1', 'restore_completed.v1', 'restore_tested.v1', 'log_key_rotated.v1',
    'log_continued.v1'
)
order by event.seq
