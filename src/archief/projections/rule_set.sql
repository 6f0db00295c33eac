-- The rule sets that the archive adopted, at its founding or later. Grain: one row per adoption of a rule set.
create or replace table rule_set as
with adopted as (
    select stream, seq, time, unnest(from_json(more ->> 'rule_sets', '["VARCHAR"]')) as code, null as facts, null as rows
    from event
    where type = 'archive_founded.v1'
    union all
    select stream, seq, time, more ->> 'rule_set' as code, more as facts, data.rows as rows
    from event
    where type = 'rule_set_adopted.v1'
)
select
    adopted.stream,
    adopted.seq,
    adopted.time,
    adopted.code,
    case when adopted.rows is not null then 'list' else shipped_rule_set.kind end as kind,
    adopted.rows is not null as imported,
    coalesce(adopted.facts ->> 'edition', shipped_rule_set.edition) as edition,
    case
        when adopted.facts is null then shipped_rule_set.begin_date
        else try_cast(adopted.facts ->> 'begin' as date)
    end as begin_date,
    case
        when adopted.facts is null then shipped_rule_set.end_date
        else try_cast(adopted.facts ->> 'end' as date)
    end as end_date,
    shipped_rule_set.after_months,
    shipped_rule_set.within_months,
    shipped_rule_set.counted_from,
    -- What nothing here knows (another program's rule set) takes no place.
    row_number() over (
        partition by adopted.code, adopted.rows is not null or shipped_rule_set.code is not null
        order by adopted.seq desc
    ) = 1 as current
from adopted
left join shipped_rule_set on shipped_rule_set.code = adopted.code
order by adopted.seq, adopted.code;

comment on table rule_set is 'The rule sets that the archive adopted, at its founding or later. One row per adoption of a rule set.';
comment on column rule_set.stream is 'the archive';
comment on column rule_set.seq is 'entry that adopts it';
comment on column rule_set.time is 'when, UTC';
comment on column rule_set.code is 'the rule set';
comment on column rule_set.kind is 'law: archive law; list: retention list; null: neither';
comment on column rule_set.imported is 'whether its rows stand in that entry''s payload';
comment on column rule_set.edition is 'its edition';
comment on column rule_set.begin_date is 'first day of the records it is for; null: no day is fixed';
comment on column rule_set.end_date is 'first day of those it is not for any more';
comment on column rule_set.after_months is 'a law: age at which records kept for ever are transferred';
comment on column rule_set.within_months is 'a law: age at which they are transferred at the latest';
comment on column rule_set.counted_from is 'a law: closed or opened, the day of the dossier from which that age counts';
comment on column rule_set.current is 'whether it is the last adoption of that code';
