-- Rows of retention lists that were imported. Grain: one row per row of an adopted list.
create or replace table imported_row as
with adopted as (
    select
        stream,
        seq,
        more ->> 'rule_set' as list,
        unnest(
            from_json(
                data.rows,
                '[{
                    "nummer": "VARCHAR",
                    "proces": "VARCHAR",
                    "resultaat": "VARCHAR",
                    "omschrijving": "VARCHAR",
                    "waardering": "VARCHAR",
                    "bewaartermijn": "VARCHAR",
                    "procestermijn": "VARCHAR",
                    "herkomst": "VARCHAR",
                    "bijzonderheid": "VARCHAR"
                }]'
            )
        ) as row
    from event
    where type = 'rule_set_adopted.v1' and data.rows is not null
)
select
    stream,
    seq,
    list,
    row.nummer as nummer,
    row.proces as proces,
    row.resultaat as resultaat,
    row.omschrijving as omschrijving,
    row.waardering as waardering,
    row.bewaartermijn as bewaartermijn,
    case
        when row.bewaartermijn is not null
            then
                12 * coalesce(try_cast(regexp_extract(row.bewaartermijn, '([0-9]+)Y', 1) as integer), 0)
                + coalesce(try_cast(regexp_extract(row.bewaartermijn, '([0-9]+)M', 1) as integer), 0)
    end as bewaartermijn_months,
    case
        when row.bewaartermijn is not null
            then coalesce(try_cast(regexp_extract(row.bewaartermijn, '([0-9]+)D', 1) as integer), 0)
    end as bewaartermijn_days,
    row.procestermijn as procestermijn,
    row.herkomst as herkomst,
    row.bijzonderheid as bijzonderheid
from adopted
order by seq, nummer;

comment on table imported_row is 'Rows of retention lists that were imported. One row per row of an adopted list.';
comment on column imported_row.stream is 'the archive';
comment on column imported_row.seq is 'entry that adopts the list';
comment on column imported_row.list is 'the list';
comment on column imported_row.nummer is 'number of the row';
comment on column imported_row.proces is 'the process';
comment on column imported_row.resultaat is 'the process''s result';
comment on column imported_row.omschrijving is 'the specific result';
comment on column imported_row.waardering is 'B, V; null: the row has lapsed';
comment on column imported_row.bewaartermijn is 'how long a V row is kept';
comment on column imported_row.bewaartermijn_months is 'its months and years';
comment on column imported_row.bewaartermijn_days is 'its days';
comment on column imported_row.procestermijn is 'one of five kinds';
comment on column imported_row.herkomst is 'the analysis or law it comes from';
comment on column imported_row.bijzonderheid is 'what else decides the date';
