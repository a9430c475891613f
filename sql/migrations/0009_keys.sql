-- Roles without DDL, master keys that follow one another.

-- Months are made and dropped for a role that may do no other DDL, and only these tables have any (sql/roles.sql).
alter function ensure_partitions(date, integer) security definer set search_path = public, pg_temp;

create or replace function drop_month(parents text[], month date) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    parent  text;
    name    text;
    dropped integer := 0;
begin
    if (month + interval '1 month 1 day') at time zone 'UTC' > now() then
        raise exception 'the month % is not over', month;
    end if;
    if not parents <@ array['message', 'sender_trace', 'outbox', 'attempt'] then
        raise exception 'not tables of months: %', parents;
    end if;
    foreach parent in array parents loop
        execute format('lock table %I in access exclusive mode', parent);
    end loop;
    foreach parent in array parents loop
        name := parent || to_char(month, '_YYYY_MM');
        continue when to_regclass(name) is null;
        execute format('drop table %I', name);
        dropped := dropped + 1;
    end loop;
    return dropped;
end $$;

-- Since when nothing is wrapped by any older master key: from then on it only signs links that are still about.
create table key_rotation (
    key_id            text primary key,        -- the newest at that time
    completed_at      timestamptz not null
);

-- Whether a hold keeps anything that was sealed for a person: then their key may not be destroyed.
create function is_person_held(site uuid, held_id uuid, as_of timestamptz) returns boolean
language plpgsql stable as $$
begin
    if not exists (select 1 from legal_hold where legal_hold.site_id = site and legal_hold.blocks_until > as_of) then
        return false;
    end if;
    return exists (
        select 1 from legal_hold as hold
        where hold.site_id = site and hold.blocks_until > as_of and hold.scope = 'person' and hold.subject_id = held_id
    ) or exists (
        select 1 from held_messages(site, as_of) as held
        join message on message.site_id = site and message.message_id = held.message_id
        left join conversation on conversation.site_id = site and conversation.conversation_id = message.conversation_id
        left join listing on listing.site_id = site and listing.listing_id = conversation.listing_id
        where held_id in (message.sender_id, conversation.buyer_id, listing.advertiser_id));
end $$;

-- The last wall: whoever erases, what is held stays readable (GDPR 17(3)).
create function keep_held_keys() returns trigger
language plpgsql as $$
begin
    if is_person_held(old.site_id, old.person_id, now()) then
        raise exception 'a legal hold keeps this person' using errcode = 'object_in_use';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger person_key_is_held before update of wrapped_key on person
for each row when (new.wrapped_key is null and old.wrapped_key is not null) execute function keep_held_keys();
create trigger person_is_held before delete on person
for each row when (old.wrapped_key is not null) execute function keep_held_keys();
