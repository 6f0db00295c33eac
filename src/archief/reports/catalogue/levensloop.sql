-- The whole life of one record, with what it was worth at each moment and proofs of every entry.

-- name: kort
select 'soort' as figure, coalesce(any_value(kind), 'other') as value, [min(seq)] as events
from (
    select case when type like 'letter_%' then 'brief' when type like 'dossier_%' then 'dossier' else type end as kind, seq
    from event
    where stream = cast($record as uuid) and stream_seq = 0
)
union all
select
    'stand',
    coalesce(
        (select status from letter where stream = cast($record as uuid)),
        (select status from dossier where stream = cast($record as uuid)),
        ''
    ),
    []
union all
select 'gebeurtenissen', cast(count(*) as varchar), list(seq order by seq) from event where stream = cast($record as uuid)
union all
select 'versies', cast(count(*) as varchar), list(seq order by seq) from letter_version where stream = cast($record as uuid)
union all
select 'ondertekeningen', cast(count(*) as varchar), list(seq order by seq)
from signature
where stream = cast($record as uuid)
union all
select 'verzendingen', cast(count(*) as varchar), list(seq order by seq) from dispatch where stream = cast($record as uuid)

-- name: kenmerken
with told as (
    select
        stream,
        opened_seq as seq,
        unnest([
            {'place': 1, 'name': 'Nummer', 'value': number},
            {'place': 2, 'name': 'Onderwerp', 'value': subject},
            {'place': 3, 'name': 'Soort', 'value': coalesce(doc_type, kind)},
            {'place': 4, 'name': 'Datum van de brief', 'value': strftime(date, '%d-%m-%Y')},
            {'place': 5, 'name': 'Orgaan', 'value': organ},
            {'place': 6, 'name': 'Organisatie', 'value': organisation},
            {'place': 7, 'name': 'Afzender', 'value': sender},
            {'place': 8, 'name': 'Geadresseerde', 'value': addressee},
            {'place': 9, 'name': 'Behandeld door', 'value': handled_by},
            {'place': 10, 'name': 'Onze referentie', 'value': our_reference},
            {'place': 11, 'name': 'Uw referentie', 'value': your_reference}
        ]) as said
    from letter
    where stream = cast($record as uuid)
    union all
    select
        stream,
        opened_seq,
        unnest([
            {'place': 1, 'name': 'Nummer', 'value': number},
            {'place': 2, 'name': 'Titel', 'value': title},
            {'place': 3, 'name': 'Orgaan', 'value': organ},
            {'place': 4, 'name': 'Ordening', 'value': ordering},
            {'place': 5, 'name': 'Plaats', 'value': place},
            {'place': 6, 'name': 'Geopend', 'value': strftime(opened, '%d-%m-%Y')},
            {'place': 7, 'name': 'Gesloten', 'value': strftime(closed, '%d-%m-%Y')}
        ])
    from dossier
    where stream = cast($record as uuid)
)
select told.said.name as kenmerk, told.said.value as waarde, told.stream as record, [told.seq] as events
from told
where
    told.said.value is not null
    or exists (select 1 from event where event.stream = told.stream and event.payload = 'absent')
order by told.said.place

-- name: gebeurtenissen
select
    event.seq as regel,
    event.time as moment,
    event_type.name as wat,
    coalesce(person.name, cast(event.person as varchar)[:8]) as door,
    (
        select string_agg(role.role, ', ' order by role.role)
        from role
        where
            role.stream = event.person
            and role.begin_seq < event.commit_seq
            and (role.end_seq is null or role.end_seq > event.commit_seq)
    ) as rollen,
    event.key[:16] as sleutel,
    event.payload as inhoud,
    event.commit_seq as vastlegging,
    event.stream as record,
    [event.seq] as events
from event
left join event_type on event_type.tag = event.type
left join person on person.stream = event.person
where event.stream = cast($record as uuid)
order by event.seq

-- name: versies
select
    letter_version.version as versie,
    event_type.name as wat,
    letter_version.time as moment,
    coalesce(person.name, cast(letter_version.person as varchar)[:8]) as door,
    letter_version.payload as inhoud,
    letter_version.stream as record,
    [letter_version.seq] as events
from letter_version
left join event_type on event_type.tag = letter_version.type
left join person on person.stream = letter_version.person
where letter_version.stream = cast($record as uuid)
order by letter_version.seq

-- name: ondertekeningen
select
    coalesce(signature.name_shown, person.name) as naam,
    signature.role as ambt,
    signature.on_behalf_of as namens,
    signature.basis as grond,
    mandate.title as mandaat,
    signature.level as niveau,
    signature.version as versie,
    signature.current as huidig,
    signature.note as opmerking,
    signature.deviation as afwijking,
    signature.time as moment,
    signature.stream as record,
    list_filter([signature.seq, mandate.seq], lambda x: x is not null) as events
from signature
left join person on person.stream = signature.signatory
left join mandate on mandate.stream = signature.mandate
where signature.stream = cast($record as uuid)
order by signature.seq

-- name: verzendingen
select
    date as datum,
    channel as kanaal,
    result as bericht,
    reports as berichten,
    note as opmerking,
    deviation as afwijking,
    stream as record,
    [seq] as events
from dispatch
where stream = cast($record as uuid)
order by seq

-- name: bestanden
select
    name as naam,
    pronom,
    media_type as soort,
    size as bytes,
    sha256,
    stream as record,
    [seq] as events
from document
where stream = cast($record as uuid)
order by seq, id

-- name: ordening
select
    'zit in dossier' as wat,
    coalesce(dossier.number, dossier.title, cast(dossier.stream as varchar)[:8]) as naam,
    dossier.list as lijst,
    dossier.row as rij,
    coalesce(retention.waardering, dossier.waardering) as waardering,
    retention.outcome as bestemming,
    retention.action_date as vanaf,
    retention.missing as reden,
    dossier.stream as record,
    list_filter([filing.seq, dossier.classified_seq, dossier.closed_seq], lambda x: x is not null) as events,
    filing.seq as place
from filing
join dossier on dossier.stream = filing.dossier
left join retention on retention.stream = filing.dossier
where filing.stream = cast($record as uuid)
union all
select
    'is gewaardeerd',
    coalesce(dossier.number, dossier.title, cast(dossier.stream as varchar)[:8]),
    dossier.list,
    dossier.row,
    coalesce(retention.waardering, dossier.waardering),
    retention.outcome,
    retention.action_date,
    retention.missing,
    dossier.stream,
    list_filter([dossier.classified_seq, dossier.closed_seq], lambda x: x is not null),
    -1
from dossier
left join retention using (stream)
where dossier.stream = cast($record as uuid)
union all
select
    'bevat brief',
    coalesce(letter.number, letter.subject, cast(letter.stream as varchar)[:8]),
    null,
    null,
    null,
    null,
    null,
    null,
    letter.stream,
    [filing.seq],
    filing.seq
from filing
join letter using (stream)
where filing.dossier = cast($record as uuid)
order by place

-- name: besluiten
with about as (
    select block.kind as soort, block.ground as grond, block.begin_date as vanaf, block.end_date as tot,
        block.lifted_seq is not null as voorbij, list_filter([block.seq, block.lifted_seq], lambda x: x is not null) as events
    from block
    where block.record = cast($record as uuid)
    union all
    select 'restriction', ground, begin_date, coalesce(lifted, end_date), lifted_seq is not null,
        list_filter([seq, lifted_seq], lambda x: x is not null)
    from restriction
    where stream = cast($record as uuid)
    union all
    select 'destroyed', printf('machtiging, regel %d', destroyed.authorisation),
        cast((destroyed.time at time zone 'UTC') at time zone 'Europe/Amsterdam' as date), null, null,
        list_filter([destroyed.authorisation, destroyed.seq, destruction.closed_seq], lambda x: x is not null)
    from destroyed
    left join destruction on destruction.authorised_seq = destroyed.authorisation
    where destroyed.stream = cast($record as uuid)
)
select * from about order by events[1]

-- name: raad
select
    commitment.kind as soort,
    commitment.text as tekst,
    commitment.status as stand,
    commitment.due_end as uiterlijk,
    commitment.letter as record,
    list_filter([commitment.seq, commitment.settled_seq], lambda x: x is not null) as events
from commitment
where commitment.letter = cast($record as uuid) or commitment.settled_by = cast($record as uuid)
order by commitment.seq

-- name: bewijs
select seq as entry, stream as record from event where stream = cast($record as uuid) order by seq
