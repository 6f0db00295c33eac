-- What holds and exemptions keep here as a whole: their records, and the dossiers that these are in. Grain: one row per hold or
-- exemption that is not lifted, and record. Whether one holds depends on the day: from begin_date on, before end_date.
create or replace view kept_here as
select stream, record, kind, begin_date, end_date
from block
where lifted_seq is null
union
select block.stream, filing.dossier as record, block.kind, block.begin_date, block.end_date
from block
join filing on filing.stream = block.record
where block.lifted_seq is null
order by stream, record;

comment on view kept_here is 'What holds and exemptions keep here as a whole: their records, and the dossiers that these are in. One row per hold or exemption and record.';
comment on column kept_here.stream is 'the hold or exemption';
comment on column kept_here.record is 'the letter or dossier, by stream';
comment on column kept_here.kind is 'hold, exemption';
comment on column kept_here.begin_date is 'first day it holds; null: at once';
comment on column kept_here.end_date is 'first day it holds no longer; null: until lifted';
