-- Telling a site's own program what the desk did: where to, with which secrets, and what is on its way.

create table site_hook (
    site_id           uuid primary key references site,
    url               text not null,
    sealed_secrets    bytea not null,          -- JSON list, newest first; by the key of the site
    overlap_until     timestamptz,             -- until then the second secret signs too
    changed_at        timestamptz not null
);

create table site_event (
    site_id           uuid not null references site,
    event_id          uuid not null,
    kind              text not null,
    body              text not null,           -- JSON: ids and states, never a person's data
    state             text not null check (state in ('queued', 'sending', 'delivered', 'failed', 'cancelled')),
    reason            text not null,
    due_at            timestamptz not null,    -- next try; while sending, the end of the lease
    token             bigint not null default 0,
    tries             smallint not null default 0,
    settled_at        timestamptz,
    primary key (site_id, event_id)
);
create index site_event_due on site_event (site_id, due_at) where state in ('queued', 'sending');

-- Events that an act asked for: undone within fifteen seconds, they do not leave.
alter table desk_act add column event_ids uuid[] not null default '{}';
