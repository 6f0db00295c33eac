-- Nothing is destroyed that a hold or an exemption keeps, that stays in another dossier, that changed after the consent, or that is a certificate (Archiefbesluit 8; Woo 4.1a; design.md, retention)
-- severity: grave
-- remedy: find out who announced it (`archief history DESTRUCTION`): it cannot be undone; open a finding
with gone as (
    select
        destroyed.stream,
        destroyed.seq,
        destruction.consented_seq,
        destruction.started_seq,
        cast(began.time at time zone 'UTC' at time zone 'Europe/Amsterdam' as date) as day
    from destroyed
    join destruction on destruction.authorised_seq = destroyed.authorisation
    join event as began on began.seq = destruction.started_seq
),
-- What keeps a dossier keeps the letters in it, and the other way round.
around as (
    select stream, seq, started_seq, day, stream as kept from gone
    union
    select gone.stream, gone.seq, gone.started_seq, gone.day, filing.dossier
    from gone
    join filing on filing.stream = gone.stream and filing.seq < gone.started_seq
    union
    select gone.stream, gone.seq, gone.started_seq, gone.day, filing.stream
    from gone
    join filing on filing.dossier = gone.stream and filing.seq < gone.started_seq
),
broken as (
    select around.stream, around.seq, 'a hold or an exemption kept it when its destruction began' as what
    from around
    join block on block.record = around.kept and block.seq < around.started_seq
    where
        (block.begin_date is null or block.begin_date <= around.day)
        and (block.end_date is null or block.end_date > around.day)
        and (block.lifted_seq is null or block.lifted_seq > around.started_seq)
    union
    select gone.stream, gone.seq, 'it changed after the consent to its destruction'
    from gone
    join event on event.stream = gone.stream
    where event.seq > gone.consented_seq and event.seq < gone.started_seq
    union
    select gone.stream, gone.seq, 'it is in a dossier that stays'
    from gone
    join filing on filing.stream = gone.stream and filing.seq < gone.started_seq
    anti join destroyed on destroyed.stream = filing.dossier
    union
    select gone.stream, gone.seq, 'it is a certificate or declaration, which is kept for ever'
    from gone
    join letter on letter.stream = gone.stream
    where letter.kind = 'verklaring'
)
select stream, seq, what from broken order by seq, what;
