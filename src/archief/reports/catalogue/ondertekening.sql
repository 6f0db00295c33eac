-- Signatures of office-holders under letters: in which office, on which ground, under which mandate, over which version.

-- name: kort
with counted as (
    select 'ondertekeningen' as figure, seq from signature
    union all
    select 'brieven', max(seq) from signature group by stream
    union all
    select 'ouder', seq from signature where not current
    union all
    select 'mandaat', seq from signature where mandate is not null
    union all
    select 'mandaat_later', signature.seq
    from signature
    join mandate on mandate.stream = signature.mandate
    where
        mandate.seq > signature.seq
        or cast((signature.time at time zone 'UTC') at time zone 'Europe/Amsterdam' as date) < mandate.begin_date
        or cast((signature.time at time zone 'UTC') at time zone 'Europe/Amsterdam' as date) >= mandate.end_date
    union all
    select 'validaties', seq from event where type = 'signature_validated.v1'
    union all
    select 'zonder', dispatch.seq
    from dispatch
    join letter using (stream)
    join event on event.seq = letter.opened_seq
    anti join signature on signature.stream = dispatch.stream
    where event.type = 'letter_registered.v1'
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (
    select unnest(['ondertekeningen', 'brieven', 'ouder', 'mandaat', 'mandaat_later', 'validaties', 'zonder']) as figure
) as wanted
left join counted using (figure)
group by wanted.figure

-- name: profielen
select outcome as uitkomst, profile as profiel, count(*) as aantal, list(seq order by seq) as events
from signing
group by all
order by uitkomst, profiel

-- name: brieven
select
    letter.number as nummer,
    signing.date as verzonden,
    letter.subject as onderwerp,
    signing.organ as orgaan,
    signing.outcome as uitkomst,
    signing.profile as profiel,
    dispatch.deviation as reden,
    signing.stream as record,
    [signing.seq] as events
from signing
join letter using (stream)
join dispatch on dispatch.seq = signing.seq
order by list_position(['unreasoned', 'reasoned', 'unknown', 'no_profile', 'met'], signing.outcome), signing.seq

-- name: gronden
select
    coalesce(basis, '') as grond,
    role as ambt,
    on_behalf_of as namens,
    level as niveau,
    count(*) as aantal,
    list(seq order by seq) as events
from signature
group by all
order by grond, ambt, namens, niveau

-- name: lijst
select
    letter.number as nummer,
    letter.date as datum,
    letter.subject as onderwerp,
    coalesce(signature.name_shown, person.name) as naam,
    signature.role as ambt,
    signature.on_behalf_of as namens,
    signature.basis as grond,
    mandate.title as mandaat,
    signature.level as niveau,
    signature.current as huidig,
    signature.deviation as afwijking,
    signature.stream as record,
    list_filter([signature.seq, mandate.seq], lambda x: x is not null) as events
from signature
left join letter using (stream)
left join person on person.stream = signature.signatory
left join mandate on mandate.stream = signature.mandate
order by signature.seq
