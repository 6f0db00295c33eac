-- The meetings of the council that were announced, with the letters that announce them.

-- name: kort
with counted as (
    select 'alle' as figure, seq from meeting
    union all
    select 'komend', seq from meeting where date > $day
    union all
    select 'geagendeerd', seq from event where type = 'letter_tabled.v1'
    union all
    select 'afgeleid', seq from meeting where len(inferred) > 0
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (select unnest(['alle', 'komend', 'geagendeerd', 'afgeleid']) as figure) as wanted
left join counted using (figure)
group by wanted.figure

-- name: lijst
select
    meeting.date as datum,
    meeting.kind as soort,
    meeting.title as titel,
    meeting.begin_time as aanvang,
    meeting.place as plaats,
    letter.number as brief,
    list_sort(meeting.inferred) as afgeleid,
    meeting.stream as record,
    list_sort(list_filter([meeting.seq, letter.opened_seq], lambda x: x is not null)) as events
from meeting
left join letter on letter.stream = meeting.letter
order by meeting.date, meeting.seq
