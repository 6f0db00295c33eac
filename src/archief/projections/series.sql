-- The series that issue register numbers, as they were set up. Grain: one row per setting of a series.
create or replace table series as
with adopted as (
    select
        stream,
        seq,
        time,
        unnest(
            from_json(
                facts.series, '[{"series": "VARCHAR", "pattern": "VARCHAR", "start": "BIGINT", "year": "INTEGER"}]'
            )
        ) as setting
    from event
    where type = 'rule_set_adopted.v1' and facts.series is not null
)
select
    stream,
    seq,
    time,
    setting.series as series,
    setting.year as year,
    setting.pattern as pattern,
    setting.start as start
from adopted
order by seq, series, year;

comment on table series is 'The series that issue register numbers, as they were set up. One row per setting of a series; the last for a year counts.';
comment on column series.stream is 'the archive';
comment on column series.seq is 'entry that set it up';
comment on column series.time is 'when, UTC';
comment on column series.series is 'the series';
comment on column series.year is 'the year the setting is for; null: every year';
comment on column series.pattern is 'how a number is written';
comment on column series.start is 'the first number issued';
