-- Entries of the log, events and commits, out of lines that were verified. The lines' place: variable entry_files.
-- DuckDB's JSON reader is no validator (it drops unknown keys, rounds, takes the first of two equal keys): it only ever
-- sees lines that passed verification. Of the facts only those that a projection of many rows reads: each costs as much as
-- 60 bytes more in every line. A whole number that no schema bounds below 2^53 is a BIGINT: a log that verifies never stops
-- a replay, however odd what it says. What is text in one type and a list or an object in another (key, series) is read as
-- JSON text.
select
    seq,
    stream,
    stream_seq,
    type,
    payload is not null as committed,
    from_json(
        facts,
        '{
            "kind": "VARCHAR",
            "organ": "VARCHAR",
            "series": "VARCHAR",
            "year": "INTEGER",
            "channel": "VARCHAR",
            "date": "VARCHAR",
            "role": "VARCHAR",
            "signatory": "UUID",
            "key": "VARCHAR",
            "level": "VARCHAR",
            "basis": "VARCHAR",
            "on_behalf_of": "VARCHAR",
            "mede_namens": "VARCHAR",
            "mandate": "UUID",
            "covers": [{"seq": "BIGINT"}],
            "dispatch": "BIGINT",
            "result": "VARCHAR",
            "use": "VARCHAR",
            "suspect_from": "BIGINT",
            "begin": "VARCHAR",
            "end": "VARCHAR",
            "holders": "VARCHAR",
            "last_stream_seq": "BIGINT",
            "seqs": "VARCHAR",
            "letter": "UUID",
            "follows": "UUID",
            "made": "VARCHAR",
            "made_before": "VARCHAR",
            "due_begin": "VARCHAR",
            "due_end": "VARCHAR"
        }'
    ) as facts,
    -- What only rarer types say: their facts whole, as JSON text. A letter's own events are many and do without.
    case when not starts_with(type, 'letter_') or type in ('letter_filed.v1', 'letter_unfiled.v1') then facts end as more,
    events,
    key,
    time
from read_json(
    getvariable('entry_files'),
    format = 'newline_delimited',
    maximum_object_size = 131072,
    columns = {
        seq: 'BIGINT',
        stream: 'UUID',
        stream_seq: 'INTEGER',
        type: 'VARCHAR',
        payload: 'VARCHAR',
        facts: 'JSON',
        events: 'INTEGER',
        key: 'VARCHAR',
        time: 'TIMESTAMP'
    }
)
