-- Promises to the council and promised papers, and what became of them.

-- name: kort
with counted as (
    select 'alle' as figure, seq from commitment
    union all
    select 'open', seq from commitment where status in ('open', 'partly')
    union all
    select 'te_laat', seq from commitment where status in ('open', 'partly') and due_end <= $day
    union all
    select 'zonder_datum', seq from commitment where status in ('open', 'partly') and due_end is null
    union all
    select 'afgedaan', settled_seq from commitment where status = 'settled'
    union all
    select 'vervallen', settled_seq from commitment where status = 'lapsed'
)
select wanted.figure, count(seq) as value, list(seq order by seq) filter (seq is not null) as events
from (select unnest(['alle', 'open', 'te_laat', 'zonder_datum', 'afgedaan', 'vervallen']) as figure) as wanted
left join counted using (figure)
group by wanted.figure

-- name: lijst
select
    commitment.kind as soort,
    commitment.text as tekst,
    commitment.promised_by as door,
    commitment.made as gedaan,
    coalesce(commitment.due_wording, strftime(commitment.due_end, 'voor %d-%m-%Y')) as termijn,
    commitment.due_end as te_laat_vanaf,
    commitment.status as stand,
    commitment.status in ('open', 'partly') and commitment.due_end <= $day as te_laat,
    letter.number as brief,
    commitment.stream as record,
    list_filter([commitment.seq, letter.opened_seq, commitment.settled_seq], lambda x: x is not null) as events
from commitment
left join letter on letter.stream = commitment.letter
order by commitment.due_end nulls last, commitment.seq
