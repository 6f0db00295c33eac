-- In which formats the files are, by PRONOM id; whether that is an open and preferred format is law data, never a guess.

-- name: kort
with counted as (
    select 'bestanden' as figure, seq from document
    union all
    select 'onbekend', seq from document where pronom is null
    union all
    select 'voorkeur', seq from document semi join preferred_format using (pronom)
    union all
    select 'open', document.seq
    from document
    join preferred_format using (pronom)
    where preferred_format.open is not null
    union all
    select 'onbeoordeeld', seq from document anti join preferred_format using (pronom) where pronom is not null
    union all
    select 'conversies', seq from event where type = 'document_converted.v1'
    union all
    select 'validaties', seq from event where type = 'signature_validated.v1'
)
select
    wanted.figure,
    count(seq) as value,
    list(distinct seq order by seq) filter (seq is not null) as events
from (
    select unnest(['bestanden', 'onbekend', 'voorkeur', 'open', 'onbeoordeeld', 'conversies', 'validaties']) as figure
) as wanted
left join counted using (figure)
group by wanted.figure

-- name: formaten
select
    coalesce(document.pronom, 'niet vastgesteld') as pronom,
    coalesce(preferred_format.name, document.pronom, 'niet vastgesteld') as naam,
    document.media_type as soort,
    case
        when document.pronom is null then 'unknown'
        when preferred_format.open is null then 'unjudged'
        else 'open'
    end as open,
    preferred_format.open as standaard,
    case
        when document.pronom is null then 'unknown'
        when preferred_format.pronom is null then 'unjudged'
        else 'preferred'
    end as risico,
    count(*) as bestanden,
    cast(sum(document.size) as bigint) as bytes,
    count(*) * 1000 // sum(count(*)) over () as aandeel,
    list(distinct document.seq order by document.seq) as events
from document
left join preferred_format using (pronom)
group by document.pronom, document.media_type, preferred_format.pronom, preferred_format.name, preferred_format.open
order by bestanden desc, pronom, soort

-- name: herkomst
select
    coalesce(identified_by, 'niet vermeld') as waarmee,
    count(*) as bestanden,
    list(distinct seq order by seq) as events
from document
group by identified_by
order by bestanden desc, waarmee

-- name: conversies
select
    event.time as moment,
    letter.number as nummer,
    document.name as bestand,
    document.pronom,
    event.stream as record,
    [event.seq] as events
from event
left join letter using (stream)
left join document on document.seq = event.seq
where event.type = 'document_converted.v1'
order by event.seq, document.id

-- name: lijst
select
    document.pronom,
    document.media_type as soort,
    letter.number as nummer,
    document.name as bestand,
    document.size as bytes,
    case when document.pronom is null then 'unknown' else 'unjudged' end as risico,
    document.stream as record,
    [document.seq] as events
from document
left join letter using (stream)
anti join preferred_format on preferred_format.pronom = document.pronom
order by document.pronom nulls first, document.seq, document.id
