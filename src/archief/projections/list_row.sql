-- The rows of the retention lists that hold in this archive: those of the program and the imported ones.
-- Grain: one row per row of an adopted list; of a list adopted twice only the last.
create or replace view list_row as
with adopted as (
    select stream, code, seq, edition, begin_date, end_date, imported
    from rule_set
    where current and kind = 'list'
),
shipped as (
    select adopted.*, shipped_row.* exclude (list)
    from adopted
    join shipped_row on shipped_row.list = adopted.code
    where not adopted.imported
),
imported as (
    select adopted.*, imported_row.* exclude (stream, seq, list)
    from adopted
    join imported_row on imported_row.list = adopted.code and imported_row.seq = adopted.seq
    where adopted.imported
)
select
    stream,
    code as list,
    edition,
    seq,
    begin_date,
    end_date,
    nummer,
    proces,
    resultaat,
    omschrijving,
    waardering,
    bewaartermijn,
    bewaartermijn_months,
    bewaartermijn_days,
    procestermijn,
    herkomst,
    bijzonderheid
from (select * from shipped union all by name select * from imported)
order by seq, nummer;

comment on view list_row is 'The rows of the retention lists that hold in this archive. One row per row of an adopted list.';
comment on column list_row.stream is 'the archive';
comment on column list_row.list is 'the list';
comment on column list_row.edition is 'its edition';
comment on column list_row.seq is 'entry that adopts it';
comment on column list_row.begin_date is 'first day of the records it is for';
comment on column list_row.end_date is 'first day of those it is not for any more';
comment on column list_row.nummer is 'number of the row';
comment on column list_row.proces is 'the process';
comment on column list_row.resultaat is 'the process''s result';
comment on column list_row.omschrijving is 'the specific result; null: the generic one';
comment on column list_row.waardering is 'B, V; null: the row has lapsed';
comment on column list_row.bewaartermijn is 'how long a V row is kept';
comment on column list_row.bewaartermijn_months is 'its months and years';
comment on column list_row.bewaartermijn_days is 'its days';
comment on column list_row.procestermijn is 'one of five kinds; null: the list says none';
comment on column list_row.herkomst is 'the analysis or law it comes from';
comment on column list_row.bijzonderheid is 'what else decides the date';
