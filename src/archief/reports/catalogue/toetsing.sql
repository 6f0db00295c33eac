-- The eight norms of the Toetsingskader Archiefwet, v0.8: for each criterion what this archive can show, as a figure.
-- What a payload says counts only while it is there: a record whose words are gone is judged by what the log still has.

-- name: norm1
with counted as (
    select 'regels' as figure, seq from rule_set where current
    union all
    select 'beheerders', begin_seq from role where end_seq is null and role in ('archivaris', 'recordmanager')
    union all
    select 'mandaten', seq from mandate
    where
        (begin_date is null or begin_date <= $day)
        and (end_date is null or end_date > $day)
    union all
    select 'onbevoegd', seq from skipped
    union all
    select 'sleutels', enrolled_seq from key where revoked_seq is null and use = 'person'
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (select unnest(['regels', 'beheerders', 'mandaten', 'onbevoegd', 'sleutels']) as figure) as wanted
left join counted using (figure)
group by wanted.figure

-- name: norm2
with issued as (
    select series, year, number, opened_seq as seq from letter where series is not null
    union all
    select series, year, number, seq from voided_number
),
setting as (
    select series, year, arg_max(start, seq) as start from series group by series, year
),
numbered as (
    select
        issued.*,
        event.payload = 'absent' as erased,
        coalesce(own.start, every.start, 1) as start,
        count(*) over (partition by issued.series, issued.year) as total,
        try_cast(regexp_extract(issued.number, '([0-9]+)[^0-9]*$', 1) as bigint) as ordinal
    from issued
    join event on event.seq = issued.seq
    left join setting as own on own.series = issued.series and own.year = issued.year
    left join setting as every on every.series = issued.series and every.year is null
),
judged as (
    select
        series,
        year,
        min(seq) as seq,
        count(*) - count(distinct ordinal) filter (ordinal between start and start + total - 1)
            = count(*) filter (erased) as whole
    from numbered
    group by series, year
),
counted as (
    select 'brieven' as figure, opened_seq as seq from letter where destroyed_seq is null
    union all
    select 'dossiers', opened_seq from dossier where destroyed_seq is null
    union all
    select 'los', seq from unfiled
    union all
    select 'niet_sluitend', seq from judged where not whole
    union all
    select 'reeksen', seq from judged
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (select unnest(['brieven', 'dossiers', 'los', 'niet_sluitend', 'reeksen']) as figure) as wanted
left join counted using (figure)
group by wanted.figure

-- name: norm3
with counted as (
    select 'ongewaardeerd' as figure, opened_seq as seq
    from dossier
    where destroyed_seq is null and classified_seq is null
    union all
    select 'zonder_plaats', opened_seq from dossier where destroyed_seq is null and (ordering is null or place is null)
    union all
    select distinct 'in_dossier', letter.opened_seq
    from letter
    semi join filing using (stream)
    where letter.destroyed_seq is null
    union all
    select 'verband', seq from event where type = 'letters_related.v1'
    union all
    select 'dossiers', opened_seq from dossier where destroyed_seq is null
    union all
    select 'brieven', opened_seq from letter where destroyed_seq is null
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (select unnest(['ongewaardeerd', 'zonder_plaats', 'in_dossier', 'verband', 'dossiers', 'brieven']) as figure) as wanted
left join counted using (figure)
group by wanted.figure

-- name: norm4
with readable as (
    select letter.*
    from letter
    join event on event.seq = letter.opened_seq
    where letter.destroyed_seq is null and event.payload = 'present'
),
counted as (
    select 'zonder_onderwerp' as figure, opened_seq as seq from readable where subject is null
    union all
    select 'zonder_datum', opened_seq from readable where date is null and received_date is null
    union all
    select 'zonder_afkomst', opened_seq from readable where organ is null and sender is null and organisation is null
    union all
    select 'zonder_rij', letter.opened_seq
    from retention_letter
    join letter using (stream)
    where retention_letter.waardering is null
    union all
    select 'zonder_termijn', letter.opened_seq
    from retention_letter
    join letter using (stream)
    where retention_letter.missing not in ('open', 'unfiled', 'unclassified')
    union all
    select 'zonder_formaat', seq from document where pronom is null
    union all
    select 'ondertekend', seq from signature
    union all
    select 'gevalideerd', seq from event where type = 'signature_validated.v1'
    union all
    select 'onbeperkt', dossier.opened_seq
    from retention
    join dossier using (stream)
    anti join restriction on restriction.stream = retention.stream
    where retention.outcome = 'transfer' and retention.action_date <= $day
    union all
    select 'brieven', opened_seq from letter where destroyed_seq is null
    union all
    select 'bestanden', seq from document
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (
    select unnest([
        'zonder_onderwerp', 'zonder_datum', 'zonder_afkomst', 'zonder_rij', 'zonder_termijn', 'zonder_formaat',
        'ondertekend', 'gevalideerd', 'onbeperkt', 'brieven', 'bestanden'
    ]) as figure
) as wanted
left join counted using (figure)
group by wanted.figure

-- name: norm5
with counted as (
    select 'wijzigingen' as figure, event.seq
    from event
    join event_type on event_type.tag = event.type
    where event_type.content and not event_type.opens
    union all
    select 'controles', seq from event where type = 'fixity_checked.v1'
    union all
    select 'koppen', seq from event where type in ('checkpoint_cosigned.v1', 'timestamp_obtained.v1')
    union all
    select 'oudere_versie', signature.seq
    from signature
    join letter using (stream)
    where not signature.current and letter.destroyed_seq is null and letter.dispatched_seq is null
    union all
    select 'afwijkingen', seq from dispatch where deviation is not null
    union all
    select 'kopieën', seq from event where type = 'backup_made.v1'
    union all
    select 'hersteld', seq from event where type in ('restore_completed.v1', 'restore_tested.v1')
    union all
    select 'onvoltooid', started_seq from destruction where started_seq is not null and closed_seq is null
    union all
    select 'ondertekend', seq from signature
    union all
    select 'begonnen', started_seq from destruction where started_seq is not null
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (
    select unnest([
        'wijzigingen', 'controles', 'koppen', 'oudere_versie', 'afwijkingen', 'kopieën', 'hersteld', 'onvoltooid', 'ondertekend', 'begonnen'
    ]) as figure
) as wanted
left join counted using (figure)
group by wanted.figure

-- name: norm6
with counted as (
    select 'zonder_nummer' as figure, letter.opened_seq as seq
    from letter
    join event on event.seq = letter.opened_seq
    where letter.number is null and letter.destroyed_seq is null and event.payload = 'present'
    union all
    select 'dubbel', any_value(opened_seq) from letter where number is not null group by number having count(*) > 1
    union all
    select 'genummerd', opened_seq from letter where number is not null
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (select unnest(['zonder_nummer', 'dubbel', 'genummerd']) as figure) as wanted
left join counted using (figure)
group by wanted.figure

-- name: norm7
with lists as (
    select seq, coalesce(begin_date, cast(time as date)) as begun from rule_set where current and kind = 'list'
),
blocked as (
    select distinct record, seq
    from block
    where lifted_seq is null and (begin_date is null or begin_date <= $day) and (end_date is null or end_date > $day)
),
counted as (
    select 'lijsten' as figure, seq from lists
    union all
    select 'oude_lijsten', seq from lists where begun + interval 11 years <= $day
    union all
    select 'achterstand', coalesce(dossier.closed_seq, dossier.classified_seq)
    from retention
    join dossier using (stream)
    anti join blocked on blocked.record = retention.stream
    where retention.outcome = 'destroy' and retention.action_date <= $day
    union all
    select distinct 'blokkades', seq from blocked
    union all
    select 'vernietigd', seq from destroyed
    union all
    select 'zonder_verklaring', destroyed.seq
    from destroyed
    left join destruction on destruction.authorised_seq = destroyed.authorisation
    where destruction.closed_seq is null
    union all
    select 'verklaringen', closed_seq from destruction where closed_seq is not null
    union all
    select 'niet_gescheiden', authorised_seq
    from destruction
    where
        authorised_seq is not null
        and (
            proposer = authoriser
            or list_contains(reviewers, proposer)
            or list_contains(reviewers, authoriser)
        )
    union all
    select 'machtigingen', authorised_seq from destruction where authorised_seq is not null
    union all
    select 'termijnen', opened_seq from dossier where destroyed_seq is null and waardering = 'V'
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (
    select unnest([
        'lijsten', 'oude_lijsten', 'achterstand', 'blokkades', 'vernietigd', 'zonder_verklaring', 'verklaringen',
        'niet_gescheiden', 'machtigingen', 'termijnen'
    ]) as figure
) as wanted
left join counted using (figure)
group by wanted.figure

-- name: norm8
with counted as (
    select 'evaluaties' as figure, seq from event where type = 'audit_recorded.v1'
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
from (select unnest(['evaluaties', 'recent', 'bevindingen', 'open_bevindingen']) as figure) as wanted
left join counted using (figure)
group by wanted.figure
