-- Who held which role, from where to where in the log. Grain: one row per period in which a person holds a role.
create or replace table role as
with change as (
    select stream, seq, time, facts.role as role, type = 'role_granted.v1' as granted
    from event
    where type in ('role_granted.v1', 'role_withdrawn.v1')
),
effective as (
    -- Granting what is held, or withdrawing what is not, changes nothing.
    select *
    from change
    qualify granted <> lag(granted, 1, false) over (partition by stream, role order by seq)
),
period as (
    select
        stream,
        role,
        granted,
        seq as begin_seq,
        time as begin_time,
        lead(seq) over (partition by stream, role order by seq) as end_seq,
        lead(time) over (partition by stream, role order by seq) as end_time
    from effective
)
select stream, role, begin_seq, begin_time, end_seq, end_time
from period
where granted
order by begin_seq;

comment on table role is 'Who held which role, from where to where in the log. One row per period in which a person holds a role.';
comment on column role.stream is 'the person';
comment on column role.role is 'the role';
comment on column role.begin_seq is 'entry that granted it; it counts from the next commit on';
comment on column role.begin_time is 'when, UTC';
comment on column role.end_seq is 'entry that withdrew it; null while it is held';
comment on column role.end_time is 'when, UTC';
