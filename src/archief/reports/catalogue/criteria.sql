-- What the reports that judge (toetsing, kpi) count: a query a figure, of the entries behind it; the figure is how many.
-- What a payload says counts only while it is there: a record whose words are gone is judged by what the log still has.

-- name: regels
select seq from rule_set where current

-- name: wetten
select seq from rule_set where current and kind = 'law'

-- name: lijsten
select seq from rule_set where current and kind = 'list'

-- name: oude_lijsten
select seq
from rule_set
where current and kind = 'list' and coalesce(begin_date, cast(time as date)) + interval 11 years <= $day

-- name: mandaten
select seq from mandate where (begin_date is null or begin_date <= $day) and (end_date is null or end_date > $day)

-- name: rollen
select begin_seq as seq from role where end_seq is null

-- name: beheerders
select begin_seq as seq from role where end_seq is null and role in ('archivaris', 'recordmanager')

-- name: archivarissen
select begin_seq as seq from role where end_seq is null and role = 'archivaris'

-- name: sleutels
select enrolled_seq as seq from key where revoked_seq is null and use = 'person'

-- name: verdacht
select revoked_seq as seq from key where suspect_from is not null

-- name: onbevoegd
select seq from skipped

-- name: brieven
select opened_seq as seq from letter where destroyed_seq is null

-- name: dossiers
select opened_seq as seq from dossier where destroyed_seq is null

-- name: reeksen
select min(seq) as seq from issued_number group by series, year

-- name: niet_sluitend
select min(seq) as seq
from issued_number
group by series, year
having count(*) - count(distinct ordinal) filter (ordinal between first and last) <> count(*) filter (erased)

-- name: los
select seq from unfiled

-- name: in_dossier
select letter.opened_seq as seq from letter semi join filing using (stream) where letter.destroyed_seq is null

-- name: ongewaardeerd
select opened_seq as seq from dossier where destroyed_seq is null and classified_seq is null

-- name: onder_lijst
select dossier.classified_seq as seq
from dossier
semi join list_row on list_row.list = dossier.list and list_row.nummer = dossier.row

-- name: zonder_plaats
select opened_seq as seq from dossier where destroyed_seq is null and (ordering is null or place is null)

-- name: verband
select seq from event where type = 'letters_related.v1'

-- name: zonder_nummer
select opened_seq as seq
from letter
anti join (select seq from event where payload = 'absent') as erased on erased.seq = letter.opened_seq
where number is null and destroyed_seq is null

-- name: genummerd
select opened_seq as seq from letter where number is not null

-- name: dubbel
select min(opened_seq) as seq from letter where number is not null group by number having count(*) > 1

-- name: zonder_onderwerp
select opened_seq as seq
from letter
anti join (select seq from event where payload = 'absent') as erased on erased.seq = letter.opened_seq
where destroyed_seq is null and subject is null

-- name: zonder_datum
select opened_seq as seq
from letter
anti join (select seq from event where payload = 'absent') as erased on erased.seq = letter.opened_seq
where destroyed_seq is null and date is null and received_date is null

-- name: zonder_afkomst
select opened_seq as seq
from letter
anti join (select seq from event where payload = 'absent') as erased on erased.seq = letter.opened_seq
where destroyed_seq is null and organ is null and sender is null and organisation is null

-- name: zonder_rij
select letter.opened_seq as seq from retention_letter join letter using (stream) where retention_letter.waardering is null

-- name: zonder_termijn
select letter.opened_seq as seq
from retention_letter
join letter using (stream)
where retention_letter.missing not in ('open', 'unfiled', 'unclassified')

-- name: hier
select letter.opened_seq as seq from retention_letter join letter using (stream)

-- name: volledig
select seq from tiered_metadata group by seq having bool_and(present)

-- name: bestanden
select seq from document

-- name: zonder_formaat
select seq from document where pronom is null

-- name: open_formaat
select document.seq from document join preferred_format using (pronom) where preferred_format.open is not null

-- name: conversies
select seq from event where type = 'document_converted.v1'

-- name: ondertekend
select seq from signature

-- name: gevalideerd
select seq from event where type = 'signature_validated.v1'

-- name: oudere_versie
select signature.seq
from signature
join letter using (stream)
where not signature.current and letter.destroyed_seq is null and letter.dispatched_seq is null

-- name: afwijkingen
select seq from dispatch where deviation is not null

-- name: wijzigingen
select event.seq
from event
join event_type on event_type.tag = event.type
where event_type.content and not event_type.opens

-- name: controles
select seq from event where type = 'fixity_checked.v1'

-- name: koppen
select seq from event where type in ('checkpoint_cosigned.v1', 'timestamp_obtained.v1')

-- name: kopieën
select seq from event where type = 'backup_made.v1'

-- name: recente_kopieën
select seq
from event
where
    type = 'backup_made.v1'
    and cast((time at time zone 'UTC') at time zone 'Europe/Amsterdam' as date) > $day - interval 1 month

-- name: hersteld
select seq from event where type in ('restore_completed.v1', 'restore_tested.v1')

-- name: recent_hersteld
select seq
from event
where
    type in ('restore_completed.v1', 'restore_tested.v1')
    and cast((time at time zone 'UTC') at time zone 'Europe/Amsterdam' as date) > $day - interval 1 year

-- name: evaluaties
select seq from event where type = 'audit_recorded.v1'

-- name: recent
select seq
from event
where
    type = 'audit_recorded.v1'
    and cast((time at time zone 'UTC') at time zone 'Europe/Amsterdam' as date) > $day - interval 2 years

-- name: bevindingen
select seq from finding

-- name: open_bevindingen
select seq from finding where status = 'open'

-- name: achterstand
select coalesce(dossier.closed_seq, dossier.classified_seq) as seq
from retention
join dossier using (stream)
anti join (
    select record
    from block
    where lifted_seq is null and (begin_date is null or begin_date <= $day) and (end_date is null or end_date > $day)
) as blocked on blocked.record = retention.stream
where retention.outcome = 'destroy' and retention.action_date <= $day

-- name: termijnen
select opened_seq as seq from dossier where destroyed_seq is null and waardering = 'V'

-- name: blokkades
select distinct seq
from block
where lifted_seq is null and (begin_date is null or begin_date <= $day) and (end_date is null or end_date > $day)

-- name: uitzonderingen
select distinct seq
from block
where
    kind = 'exemption'
    and lifted_seq is null
    and (begin_date is null or begin_date <= $day)
    and (end_date is null or end_date > $day)

-- name: opschortingen
select distinct seq
from block
where
    kind = 'hold'
    and lifted_seq is null
    and (begin_date is null or begin_date <= $day)
    and (end_date is null or end_date > $day)

-- name: vernietigd
select seq from destroyed

-- name: zonder_verklaring
select destroyed.seq
from destroyed
left join destruction on destruction.authorised_seq = destroyed.authorisation
where destruction.closed_seq is null

-- name: verklaringen
select closed_seq as seq from destruction where closed_seq is not null

-- name: machtigingen
select authorised_seq as seq from destruction where authorised_seq is not null

-- name: zonder_instemming
select authorised_seq as seq from destruction where authorised_seq is not null and consented_seq is null

-- name: niet_gescheiden
select authorised_seq as seq
from destruction
where
    authorised_seq is not null
    and (proposer = authoriser or list_contains(reviewers, proposer) or list_contains(reviewers, authoriser))

-- name: begonnen
select started_seq as seq from destruction where started_seq is not null

-- name: onvoltooid
select started_seq as seq from destruction where started_seq is not null and closed_seq is null

-- name: blijvend
select dossier.opened_seq as seq from retention join dossier using (stream) where retention.waardering = 'B'

-- name: aan_de_beurt
select dossier.opened_seq as seq
from retention
join dossier using (stream)
where retention.outcome = 'transfer' and retention.action_date <= $day

-- name: te_laat
select dossier.opened_seq as seq
from retention
join dossier using (stream)
where retention.outcome = 'transfer' and retention.latest_date < $day

-- name: aanvaard
select accepted_seq as seq from transfer where accepted_seq is not null

-- name: beperkt
select seq from restriction where lifted_seq is null

-- name: onbeperkt
select dossier.opened_seq as seq
from retention
join dossier using (stream)
anti join restriction on restriction.stream = retention.stream
where retention.outcome = 'transfer' and retention.action_date <= $day

-- name: gepubliceerd
select seq from event where type = 'copy_published.v1'

-- name: ingetrokken
select seq from event where type = 'copy_unpublished.v1'
