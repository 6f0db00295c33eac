-- Entries of the log, events and commits, out of lines that were verified. The lines' place: variable entry_files.
-- DuckDB's JSON reader is no validator (it drops unknown keys, rounds, takes the first of two equal keys): it only ever
-- sees lines that passed verification. Facts stay text: each projection takes apart those of its own types (event.sql).
select
    seq,
    stream,
    stream_seq,
    type,
    payload is not null as committed,
    facts,
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
