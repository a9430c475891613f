-- Consents for what the law asks one (CPCE L32-3 IV): by purpose, for a year at most, withdrawn at any time.
create table consent (
    site_id           uuid not null references site,
    consent_id        uuid not null,           -- names its record to whoever gave it
    person_id         uuid not null,           -- person whose key seals the record
    purpose           text not null check (purpose in ('answering_time')),
    policy_version    integer not null,        -- the notice that was read
    given_at          timestamptz not null,
    ends_at           timestamptz not null check (ends_at <= given_at + interval '365 days'),   -- CPCE D98-5
    withdrawn_at      timestamptz,
    sealed_record     bytea not null,          -- JSON: network, browser, device, page, place
    primary key (site_id, consent_id)
);
create index consent_by_person on consent (site_id, person_id, purpose, given_at);
create index consent_by_end on consent (ends_at);

-- Only what is sealed by a person's own key hangs on it: their messages, their listings, and what is held of them by name.
create or replace function is_person_held(site uuid, held_id uuid, as_of timestamptz) returns boolean
language plpgsql stable as $$
begin
    if not exists (select 1 from legal_hold where legal_hold.site_id = site and legal_hold.blocks_until > as_of) then
        return false;
    end if;
    return exists (
        select 1 from legal_hold as hold
        left join listing on listing.site_id = site and listing.listing_id = hold.subject_id
        where hold.site_id = site and hold.blocks_until > as_of and case hold.scope
            when 'person' then hold.subject_id = held_id
            when 'listing' then listing.advertiser_id = held_id
        end
    ) or exists (
        select 1 from held_messages(site, as_of) as held
        join message on message.site_id = site and message.message_id = held.message_id
        where message.sender_id = held_id);
end $$;

-- A key that is set aside, as a restriction asks, is not destroyed.
create or replace function keep_held_keys() returns trigger
language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        if to_jsonb(new) ->> 'frozen_key' is not null then
            return new;
        end if;
    end if;
    if is_person_held(old.site_id, old.person_id, now()) then
        raise exception 'a legal hold keeps this person' using errcode = 'object_in_use';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;
