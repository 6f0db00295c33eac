-- What every projection reads: the events of authorised commits, each with its commit, its facts and its words.
-- For a projection that does not name data the lines with [data] are left out: a join with payloads is not for nothing. Of
-- the facts those members that a projection does not name are left out, but for the last. A whole number that no schema
-- bounds below 2^53 is a BIGINT: a log that verifies never stops a replay, however odd what it says. What is text in one
-- type and a list or an object in another (key, series) is read as JSON text. The facts as JSON text, whole: more.
create or replace temp view event as
select
    staged.stream,
    staged.seq,
    staged.stream_seq,
    staged.type,
    staged.commit_seq,
    staged.time,
    staged.key,
    staged.person,
    staged.payload,
    from_json(
        staged.facts,
        '{
            "kind": "VARCHAR",
            "organ": "VARCHAR",
            "series": "VARCHAR",
            "year": "INTEGER",
            "channel": "VARCHAR",
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
            "letter": "UUID",
            "follows": "UUID",
            "made": "VARCHAR",
            "made_before": "VARCHAR",
            "due_begin": "VARCHAR",
            "due_end": "VARCHAR",
            "date": "VARCHAR"
        }'
    ) as facts,
    staged.facts as more,
    words.data, -- [data]
from staged
left join words on words.seq = staged.seq -- [data]
where staged.authorised
