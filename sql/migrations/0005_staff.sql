-- The moderation desk: who works at it, their sessions, and the log of what they look at.

-- A person of the operator's, who may work for several sites; an account is closed, never deleted: the log names it.
create table staff (
    staff_id          uuid primary key,
    name              text not null unique check (name ~ '^[a-z0-9][a-z0-9._-]{1,39}$'),   -- to log in with
    wrapped_key       bytea not null,          -- seals the secret of the codes
    password_hash     text,                    -- Argon2id; null until the first link was used
    sealed_totp       bytea,                   -- secret of the codes (RFC 6238); null as above
    totp_step         bigint not null default 0,   -- thirty seconds of the last code: none is good twice
    created_at        timestamptz not null default now(),
    closed_at         timestamptz
);

-- What a person may do at a site is what the roles held there allow together.
create table staff_role (
    site_id           uuid not null references site,
    staff_id          uuid not null references staff,
    role              text not null,
    granted_at        timestamptz not null default now(),
    primary key (site_id, staff_id, role)
);
create index staff_role_by_staff on staff_role (staff_id);

-- A link by which a person sets a password and a device, once.
create table staff_link (
    link_hash         bytea primary key,
    staff_id          uuid not null references staff,
    sealed_totp       bytea not null,          -- the secret it offers
    expires_at        timestamptz not null
);
create index staff_link_by_staff on staff_link (staff_id);

create table staff_session (
    session_hash      bytea primary key,       -- of 256 random bits, which only the browser has
    session_id        uuid not null unique,    -- its name in lists
    staff_id          uuid not null references staff,
    started_at        timestamptz not null,
    expires_at        timestamptz not null
);
create index staff_session_by_staff on staff_session (staff_id);
create index staff_session_by_end on staff_session (expires_at);

-- Tries to log in, by the keyed hash of a name or of a network and by hour.
create table staff_try (
    subject_hash      bytea not null,
    hour              timestamptz not null,
    tries             integer not null,
    primary key (subject_hash, hour)
);

-- What staff look at, written before it is read: per site one chain, in which each row names the one before by its digest.
create table look (
    site_id           uuid not null references site,
    number            bigint not null,         -- place in the chain, from 1
    staff_id          uuid not null references staff,
    action            text not null check (action in ('search', 'list', 'open', 'reveal', 'export', 'act')),
    subject           text not null,           -- public id, or kind of key; never a person's data
    reason            text not null,
    at                timestamptz not null,
    previous          bytea not null,          -- digest of the row before; empty for the first
    digest            bytea not null,          -- SHA-256; relay/looks.py says of what
    primary key (site_id, number)
);
create index look_by_staff on look (site_id, staff_id, number);

-- Where each chain begins and ends, so that rows missing at either end are missed.
create table look_chain (
    site_id           uuid primary key references site,
    first_number      bigint not null default 1,
    last_number       bigint not null default 0,
    last_digest       bytea not null default ''
);

-- The only way to add a look, and to move the end of a chain.
create function record_look(
    the_site uuid, the_staff uuid, the_action text, the_subject text, the_reason text, the_time timestamptz
) returns bytea
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    chain look_chain;
    fields text[];
    content text := '';
    field text;
    new_digest bytea;
begin
    insert into look_chain (site_id) values (the_site) on conflict do nothing;
    select * into chain from look_chain where site_id = the_site for update;
    fields := array[
        the_site::text, (chain.last_number + 1)::text, the_staff::text, the_action, the_subject, the_reason,
        trunc(extract(epoch from the_time) * 1000000)::bigint::text];
    foreach field in array fields loop
        content := content || char_length(field) || ':' || field;    -- lengths first: no two rows read the same
    end loop;
    new_digest := sha256(chain.last_digest || convert_to(content, 'UTF8'));
    insert into look (site_id, number, staff_id, action, subject, reason, at, previous, digest)
    values (the_site, chain.last_number + 1, the_staff, the_action, the_subject, the_reason, the_time, chain.last_digest, new_digest);
    update look_chain set last_number = chain.last_number + 1, last_digest = new_digest where site_id = the_site;
    return new_digest;
end $$;

-- Looks are kept for twelve months; older ones go from the front of the chain.
create function forget_looks(the_site uuid) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    kept bigint;
    gone bigint;
begin
    perform 1 from look_chain where site_id = the_site for update;
    select coalesce(min(number), (select last_number + 1 from look_chain where site_id = the_site)) into kept
    from look where site_id = the_site and at >= now() - interval '12 months';
    delete from look where site_id = the_site and number < kept;
    get diagnostics gone = row_count;
    if gone > 0 then
        update look_chain set first_number = kept where site_id = the_site;
    end if;
    return gone;
end $$;

-- Refuses every change, whoever asks, but for the end of a row whose twelve months are over.
create function keep_looks() returns trigger
language plpgsql as $$
begin
    if tg_op = 'DELETE' and old.at < now() - interval '12 months' then
        return old;
    end if;
    raise exception 'the log of looks is only added to' using errcode = 'insufficient_privilege';
end $$;
create trigger look_is_final before update or delete on look for each row execute function keep_looks();
create trigger look_is_whole before truncate on look for each statement execute function keep_looks();

-- Ends of chains only move forward, one look at a time.
create function keep_chain() returns trigger
language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        if new.site_id = old.site_id and new.first_number >= old.first_number
            and new.last_number between old.last_number and old.last_number + 1 then
            return new;
        end if;
    end if;
    raise exception 'the log of looks is only added to' using errcode = 'insufficient_privilege';
end $$;
create trigger chain_only_grows before update or delete on look_chain for each row execute function keep_chain();
create trigger chain_is_whole before truncate on look_chain for each statement execute function keep_chain();

-- The log belongs to a role of its own, where this server lets us make one: then the relay's own role may only
-- read it and call the two functions. Elsewhere the triggers stand alone.
do $$
begin
    begin
        create role relais_looks nologin;
    exception
        when duplicate_object or unique_violation then null;    -- another database of this server has it
    end;
    execute format('grant relais_looks to %I', current_user);
    grant usage, create on schema public to relais_looks;
    grant select, references on site, staff to relais_looks;
    alter table look owner to relais_looks;
    alter table look_chain owner to relais_looks;
    alter function record_look(uuid, uuid, text, text, text, timestamptz) owner to relais_looks;
    alter function forget_looks(uuid) owner to relais_looks;
    revoke create on schema public from relais_looks;
    execute format('grant select on look, look_chain to %I', current_user);
    execute format('revoke relais_looks from %I', current_user);
exception
    when insufficient_privilege then
        raise notice 'this role may not make roles: the log of looks is kept by its triggers alone';
end $$;
