-- Transfer to the archiefbewaarplaats: what is due, what is overdue, what was handed over, and limits on openness.

-- name: kort
with counted as (
    select 'blijvend' as figure, dossier.opened_seq as seq
    from retention join dossier using (stream)
    where retention.waardering = 'B'
    union all
    select 'aan_de_beurt', coalesce(dossier.closed_seq, dossier.classified_seq)
    from retention join dossier using (stream)
    where retention.outcome = 'transfer' and retention.action_date <= $day
    union all
    select 'te_laat', coalesce(dossier.closed_seq, dossier.classified_seq)
    from retention join dossier using (stream)
    where retention.outcome = 'transfer' and retention.latest_date < $day
    union all
    select 'lopend', seq from transfer where status in ('proposed', 'exported', 'offered')
    union all
    select 'geweigerd', seq from transfer where status = 'rejected'
    union all
    select 'aanvaard', accepted_seq from transfer where accepted_seq is not null
    union all
    select 'beperkingen', seq
    from restriction
    where coalesce(lifted, end_date) is null or coalesce(lifted, end_date) > $day
    union all
    select 'zonder_einde', seq from restriction where end_date is null and term is null and lifted is null
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (
    select unnest([
        'blijvend', 'aan_de_beurt', 'te_laat', 'lopend', 'geweigerd', 'aanvaard', 'beperkingen', 'zonder_einde'
    ]) as figure
) as wanted
left join counted using (figure)
group by wanted.figure

-- name: jaren
select
    cast(year(retention.action_date) as varchar) as jaar,
    count(*) as dossiers,
    list(coalesce(dossier.closed_seq, dossier.classified_seq) order by coalesce(dossier.closed_seq, dossier.classified_seq))
        as events
from retention
join dossier using (stream)
where retention.outcome = 'transfer'
group by jaar
order by jaar

-- name: rondes
select
    transfer.title as titel,
    transfer.round as ronde,
    transfer.status,
    transfer.reference_date as peildatum,
    transfer.records,
    transfer.offered as aangeboden,
    transfer.rejections as weigeringen,
    transfer.accepted as aanvaard,
    transfer.stream as record,
    list_filter([transfer.seq, transfer.exported_seq, transfer.offered_seq, transfer.accepted_seq], lambda x: x is not null)
        as events
from transfer
order by transfer.seq

-- name: beperkingen
select
    coalesce(letter.number, dossier.number, dossier.title) as naam,
    restriction.ground as grond,
    restriction.begin_date as vanaf,
    restriction.end_date as tot,
    restriction.term as termijn,
    restriction.lifted as opgeheven,
    restriction.stream as record,
    list_filter([restriction.seq, restriction.lifted_seq], lambda x: x is not null) as events
from restriction
left join letter using (stream)
left join dossier using (stream)
order by restriction.seq
