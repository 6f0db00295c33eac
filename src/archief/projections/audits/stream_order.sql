-- The events of a stream count on without a gap or a repetition, from 0 (format.md, the log)
-- severity: grave
-- remedy: find out which program appended it (`archief history RECORD`); open a finding
with placed as (
    select stream, seq, stream_seq from event
    union all
    -- What an unauthorised commit appended counts for nothing, but it has its place.
    select stream, seq, stream_seq from skipped
),
expected as (
    select *, row_number() over (partition by stream order by seq) - 1 as place
    from placed
)
select stream, seq, printf('it calls itself event %d of its stream; it is event %d', stream_seq, place) as what
from expected
where stream_seq <> place
order by seq;
