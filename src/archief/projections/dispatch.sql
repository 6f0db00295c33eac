-- What was sent, when, how, and what became of it. Grain: one row per letter_dispatched.
create or replace table dispatch as
with delivery as (
    select
        stream,
        facts.dispatch as dispatch,
        count(*) as reports,
        arg_max(facts.result, seq) as result
    from event
    where type = 'delivery_reported.v1'
    group by stream, facts.dispatch
)
select
    sent.stream,
    sent.seq,
    sent.time,
    try_cast(sent.facts.date as date) as date,
    sent.facts.channel as channel,
    sent.person,
    coalesce(delivery.reports, 0) as reports,
    delivery.result,
    sent.data.note as note,
    sent.data.deviation as deviation
from event as sent
left join delivery on delivery.dispatch = sent.seq and delivery.stream = sent.stream
where sent.type = 'letter_dispatched.v1'
order by sent.seq;

comment on table dispatch is 'What was sent, when, how, and what became of it. One row per letter_dispatched.';
comment on column dispatch.stream is 'the letter';
comment on column dispatch.seq is 'entry of the dispatch; its payload holds the recipients and the files sent';
comment on column dispatch.time is 'when it was recorded, UTC';
comment on column dispatch.date is 'day it was sent';
comment on column dispatch.channel is 'post, email, portal, ris';
comment on column dispatch.person is 'person who recorded it, by stream';
comment on column dispatch.reports is 'how many delivery reports came back';
comment on column dispatch.result is 'the last report: delivered, read, returned, failed';
comment on column dispatch.note is 'remarks';
comment on column dispatch.deviation is 'why it went out though signatures were missing';
