-- The console's second part: listings found by their advertiser's phone, and what waits for a second person.

-- By the key of the site, as message.phone_hash. Null: not looked at yet; empty: the advertiser gave none.
alter table listing add column phone_hash bytea;
create index listing_by_phone on listing (site_id, phone_hash, listing_id);

-- What was done to a message, for the way it went.
create index desk_act_by_message on desk_act using gin (message_ids);

-- What one person asked for and another may agree to, within three days.
create table confirmation (
    site_id           uuid not null references site,
    confirmation_id   uuid not null,
    kind              text not null check (kind in ('act', 'open')),
    asked_by          uuid not null,           -- staff
    asked_at          timestamptz not null,
    ends_at           timestamptz not null,
    sealed_order      bytea not null,          -- JSON: what is asked, with its reason; by the key of the site
    changed           integer not null,        -- messages it would have changed when it was asked
    state             text not null default 'waiting' check (state in ('waiting', 'agreed', 'declined', 'withdrawn')),
    decided_by        uuid,                    -- another than who asked, but to withdraw it
    decided_at        timestamptz,
    act_id            uuid,                    -- what was done when somebody agreed
    primary key (site_id, confirmation_id),
    check (decided_by is null or state = 'withdrawn' or decided_by <> asked_by)
);
create index confirmation_waiting on confirmation (site_id, confirmation_id) where state = 'waiting';
