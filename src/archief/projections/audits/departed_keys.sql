-- A person without a role has no key that counts: who left can no longer sign (Archiefbesluit 2, draft 2.1 e; BIO, access)
-- severity: serious
-- remedy: revoke it: `archief key revoke KEY --ground departed`
with departed as (
    select stream, max(end_seq) as seq
    from role
    group by stream
    having bool_and(end_seq is not null)
)
select departed.stream, departed.seq, printf('its last role was withdrawn; key %s is not revoked', key.id[:16]) as what
from departed
join key on key.stream = departed.stream and key.use = 'person' and key.revoked_seq is null
order by departed.seq, key.enrolled_seq;
