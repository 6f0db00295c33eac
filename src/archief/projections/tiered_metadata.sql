-- What is known of every letter that is here, element by element, in the three tiers of the draft
-- Archiefregeling: every record (2.5), kept longer than ten years (2.7, 2.8), to be transferred (2.12).
-- Grain: one row per letter and element that is asked of it.
create or replace view tiered_metadata as
with filed as (
    select
        filing.stream,
        bool_or(dossier.ordering is not null and dossier.place is not null) as placed,
        bool_or(list_row.nummer is not null) as classified,
        bool_or(coalesce(dossier.waardering = 'B' or list_row.bewaartermijn_months > 120, false)) as longer
    from filing
    join dossier on dossier.stream = filing.dossier
    left join list_row on list_row.list = dossier.list and list_row.nummer = dossier.row
    where dossier.destroyed_seq is null
    group by filing.stream
),
files as (
    select stream, bool_and(pronom is not null) as identified
    from document
    group by stream
),
signed as (
    select stream, max(seq) filter (level in ('advanced', 'qualified')) as digital_seq
    from signature
    group by stream
),
validated as (
    select stream, max(seq) as seq from event where type = 'signature_validated.v1' group by stream
),
limited as (
    select
        stream,
        bool_and(ground is not null) as grounded,
        bool_and(end_date is not null or term is not null) as ended
    from restriction
    where lifted_seq is null
    group by stream
),
known as (
    select
        letter.stream,
        letter.opened_seq as seq,
        coalesce(filed.longer, false) as longer,
        coalesce(retention_letter.waardering = 'B', false) as transfer,
        -- Of words that are gone nobody can say what they said.
        case when event.payload = 'present' then letter.subject is not null end as inhoud,
        case
            when event.payload = 'present' or letter.received_date is not null
                then letter.date is not null or letter.received_date is not null
        end as moment,
        case
            when event.payload = 'present' or letter.organ is not null
                then letter.organ is not null or letter.sender is not null or letter.organisation is not null
        end as maker,
        filed.stream is not null as samenhang,
        coalesce(filed.placed, false) as plaats,
        coalesce(filed.classified, false) as categorie,
        retention_letter.waardering is not null and coalesce(retention_letter.missing = 'open', true) as termijn,
        files.identified as formaat,
        letter.opened_seq < (select max(event.seq) from event where event.type = 'fixity_checked.v1') as integriteit,
        case when signed.digital_seq is not null then coalesce(validated.seq > signed.digital_seq, false) end as validatie,
        limited.grounded as grond,
        limited.ended as einde
    from retention_letter
    join letter using (stream)
    join event on event.seq = letter.opened_seq
    left join filed on filed.stream = letter.stream
    left join files on files.stream = letter.stream
    left join signed on signed.stream = letter.stream
    left join validated on validated.stream = letter.stream
    left join limited on limited.stream = letter.stream
),
told as (
    select
        stream,
        seq,
        longer,
        transfer,
        unnest([
            {'element': 'inhoud', 'tier': 1, 'present': inhoud},
            {'element': 'moment', 'tier': 1, 'present': moment},
            {'element': 'maker', 'tier': 1, 'present': maker},
            {'element': 'samenhang', 'tier': 1, 'present': samenhang},
            {'element': 'plaats', 'tier': 1, 'present': plaats},
            {'element': 'categorie', 'tier': 1, 'present': categorie},
            {'element': 'termijn', 'tier': 1, 'present': termijn},
            {'element': 'formaat', 'tier': 1, 'present': formaat},
            {'element': 'integriteit', 'tier': 2, 'present': coalesce(integriteit, false)},
            {'element': 'validatie', 'tier': 2, 'present': validatie},
            {'element': 'grond', 'tier': 3, 'present': grond},
            {'element': 'einde', 'tier': 3, 'present': einde}
        ], recursive := true)
    from known
)
select stream, seq, element, tier, longer, transfer, present
from told
where present is not null and (tier = 1 or (tier = 2 and (longer or transfer)) or (tier = 3 and transfer))
order by seq, tier;

comment on view tiered_metadata is 'What is known of every letter that is here, element by element. One row per letter and element that is asked of it.';
comment on column tiered_metadata.stream is 'the letter';
comment on column tiered_metadata.seq is 'entry that opened it';
comment on column tiered_metadata.element is 'inhoud, moment, maker, samenhang, plaats, categorie, termijn, formaat; integriteit, validatie; grond, einde';
comment on column tiered_metadata.tier is 'of whom it is asked: 1 every letter, 2 what is kept longer than ten years, 3 what is to be transferred';
comment on column tiered_metadata.longer is 'it is kept longer than ten years';
comment on column tiered_metadata.transfer is 'it is to be transferred';
comment on column tiered_metadata.present is 'whether it is known; what cannot be read any more has no row';
