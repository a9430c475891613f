-- What a site's own program is told.

-- name: read_hook(site_id)^
select url, sealed_secrets, overlap_until, changed_at from site_hook where site_id = :site_id;

-- name: set_hook(site_id, url, sealed_secrets, overlap_until, changed_at)!
insert into site_hook (site_id, url, sealed_secrets, overlap_until, changed_at)
values (:site_id, :url, :sealed_secrets, :overlap_until, :changed_at)
on conflict (site_id) do update set url = excluded.url, sealed_secrets = excluded.sealed_secrets,
    overlap_until = excluded.overlap_until, changed_at = excluded.changed_at;

-- name: remove_hook(site_id)!
-- Tell a site nothing any more; what waits for it ends.
with ended as (
    update site_event set state = 'cancelled', reason = 'hook_removed', settled_at = now()
    where site_event.site_id = :site_id and site_event.state in ('queued', 'sending')
)
delete from site_hook where site_hook.site_id = :site_id;

-- name: add_events(site_id, event_ids, kinds, bodies, due_at)!
insert into site_event (site_id, event_id, kind, body, state, reason, due_at)
select :site_id, made.event_id, made.kind, made.body, 'queued', 'asked', :due_at
from unnest(:event_ids::uuid[], :kinds::text[], :bodies::text[]) as made (event_id, kind, body);

-- name: cancel_events(site_id, event_ids)!
update site_event set state = 'cancelled', reason = 'undone', settled_at = now()
where site_id = :site_id and event_id = any(:event_ids::uuid[]) and state = 'queued' and tries = 0;

-- name: claim_events(most, lease_s)
-- Lease due events, some of every site, with a fencing token; events of a site without an address wait for one.
with due as (
    select event.site_id, event.event_id from site_hook cross join lateral (
        select site_event.site_id, site_event.event_id from site_event
        where site_event.site_id = site_hook.site_id and site_event.state in ('queued', 'sending')
            and site_event.due_at <= now()
        order by site_event.due_at
        limit :most
        for update skip locked
    ) as event
)
update site_event set state = 'sending', due_at = now() + make_interval(secs => :lease_s),
    token = nextval('outbox_token'), tries = site_event.tries + 1
from due
join site_hook on site_hook.site_id = due.site_id
where site_event.site_id = due.site_id and site_event.event_id = due.event_id
returning site_event.site_id, site_event.event_id, site_event.body, site_event.token, site_event.tries,
    site_hook.url, site_hook.sealed_secrets, site_hook.overlap_until;

-- name: settle_event(site_id, event_id, token, state, reason, wait_s)^
-- Write how a try ended; no row when the lease went to somebody else.
update site_event set state = :state, reason = :reason, due_at = now() + make_interval(secs => :wait_s),
    settled_at = case :state when 'queued' then null else now() end
where site_id = :site_id and event_id = :event_id and token = :token and state = 'sending'
returning event_id;

-- name: list_site_events(site_id, most)
-- The newest events of a site and what became of them.
select event_id, kind, state, reason, tries, due_at, settled_at from site_event
where site_id = :site_id
order by event_id desc
limit :most;

-- name: replay_event(site_id, event_id)^
-- Tell an event once more, with its own id; no row when there is none, or it is on its way.
update site_event set state = 'queued', reason = 'replayed', due_at = now(), tries = 0, settled_at = null
where site_id = :site_id and event_id = :event_id and state in ('delivered', 'failed')
returning event_id;

-- name: forget_events(site_id, before_id)$
with gone as (
    delete from site_event where site_event.site_id = :site_id and site_event.event_id < :before_id returning 1
)
select count(*) from gone;
