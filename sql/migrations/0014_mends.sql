-- What a hold keeps of listings that changed hands and of persons who are frozen; what an erasure keeps, person by person.

-- One for each person that was erased: two spellings of an address may both have written about one listing.
alter table data_request add column kept_ids uuid[] not null default '{}';
update data_request set kept_ids = array[kept_id] where kept_id is not null;
alter table data_request drop column kept_id;

-- A former advertiser's conversations are found by what they answered.
create or replace function is_held(site uuid, held_id uuid, as_of timestamptz) returns boolean
language plpgsql stable as $$
begin
    if not exists (select 1 from legal_hold where legal_hold.site_id = site and legal_hold.blocks_until > as_of) then
        return false;
    end if;
    return exists (
        select 1 from legal_hold as hold
        left join message on message.site_id = site and message.message_id = held_id
        left join conversation on conversation.site_id = site and conversation.conversation_id = message.conversation_id
        left join listing on listing.site_id = site and listing.listing_id = conversation.listing_id
        where hold.site_id = site and hold.blocks_until > as_of and case hold.scope
            when 'message' then hold.subject_id = held_id
            when 'conversation' then hold.subject_id = message.conversation_id
            when 'listing' then hold.subject_id = conversation.listing_id
            when 'person' then hold.subject_id in (conversation.buyer_id, listing.advertiser_id) or exists (
                select 1 from message as answer
                where answer.site_id = site and answer.sender_id = hold.subject_id and answer.side = 'advertiser'
                    and answer.conversation_id = message.conversation_id)
        end);
end $$;

create or replace function held_messages(site uuid, as_of timestamptz) returns table (message_id uuid)
language sql stable as $$
    select hold.subject_id from legal_hold as hold
    where hold.site_id = site and hold.blocks_until > as_of and hold.scope = 'message'
    union all
    select message.message_id from legal_hold as hold
    join message on message.site_id = hold.site_id and message.conversation_id = hold.subject_id
    where hold.site_id = site and hold.blocks_until > as_of and hold.scope = 'conversation'
    union all
    select message.message_id from legal_hold as hold
    join conversation on conversation.site_id = hold.site_id and conversation.listing_id = hold.subject_id
    join message on message.site_id = hold.site_id and message.conversation_id = conversation.conversation_id
    where hold.site_id = site and hold.blocks_until > as_of and hold.scope = 'listing'
    union all
    select message.message_id from legal_hold as hold
    join conversation on conversation.site_id = hold.site_id and conversation.buyer_id = hold.subject_id
    join message on message.site_id = hold.site_id and message.conversation_id = conversation.conversation_id
    where hold.site_id = site and hold.blocks_until > as_of and hold.scope = 'person'
    union all
    select message.message_id from legal_hold as hold
    join listing on listing.site_id = hold.site_id and listing.advertiser_id = hold.subject_id
    join conversation on conversation.site_id = hold.site_id and conversation.listing_id = listing.listing_id
    join message on message.site_id = hold.site_id and message.conversation_id = conversation.conversation_id
    where hold.site_id = site and hold.blocks_until > as_of and hold.scope = 'person'
    union all
    select message.message_id from legal_hold as hold
    join message as answer on answer.site_id = hold.site_id and answer.sender_id = hold.subject_id
        and answer.side = 'advertiser'
    join message on message.site_id = hold.site_id and message.conversation_id = answer.conversation_id
    where hold.site_id = site and hold.blocks_until > as_of and hold.scope = 'person'
$$;

-- A frozen person's key lies in frozen_key: destroying it destroys what it opens all the same.
drop trigger person_key_is_held on person;
create trigger person_key_is_held before update of wrapped_key, frozen_key on person
for each row when (coalesce(new.wrapped_key, new.frozen_key) is null and coalesce(old.wrapped_key, old.frozen_key) is not null)
execute function keep_held_keys();
drop trigger person_is_held on person;
create trigger person_is_held before delete on person
for each row when (coalesce(old.wrapped_key, old.frozen_key) is not null) execute function keep_held_keys();

-- Null: erased again after a restore (relay backup restored), when the request may be newer than the backup.
alter table erasure_log alter column request_id drop not null;
