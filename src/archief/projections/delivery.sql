-- What came back of what was sent. Grain: one row per delivery_reported.
create or replace table delivery as
select
    stream,
    seq,
    time,
    facts.dispatch as dispatch,
    facts.result as result
from event
where type = 'delivery_reported.v1'
order by seq;

comment on table delivery is 'What came back of what was sent. One row per delivery_reported.';
comment on column delivery.stream is 'the letter';
comment on column delivery.seq is 'entry of the report; its payload holds the recipient and what was reported';
comment on column delivery.time is 'when it was recorded, UTC';
comment on column delivery.dispatch is 'entry of the dispatch it is about';
comment on column delivery.result is 'delivered, read, returned, failed';
