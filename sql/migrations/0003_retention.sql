-- Retention: what the purge looks up, holds that stop it, its clock and its signed reports.

-- What keeps a person or a conversation is asked of these before it is deleted.
create index sender_trace_by_sender on sender_trace (site_id, sender_id);
create index conversation_by_buyer on conversation (site_id, buyer_id);
create index listing_by_advertiser on listing (site_id, advertiser_id);
create index listing_by_end on listing (site_id, ended_at) where ended_at is not null;
create index report_by_reporter on report (site_id, reporter_id);
create index inbound_by_conversation on inbound (site_id, conversation_id);
create index suppression_by_end on suppression (expires_at);

-- A person is never deleted while a conversation or a listing names them, whoever writes at that moment.
alter table conversation add constraint conversation_buyer foreign key (site_id, buyer_id) references person;
alter table listing add constraint listing_advertiser foreign key (site_id, advertiser_id) references person;

-- The same for messages and their conversation. A foreign key of the partitioned table would lock the
-- conversations whenever an old month is dropped; a first message brings its conversation, and costs nothing here.
create function keep_conversations() returns trigger
language plpgsql as $$
begin
    if not exists (select 1 from fresh where fresh.conversation_id <> fresh.message_id) then
        return null;
    end if;
    perform 1 from fresh
    join conversation on conversation.site_id = fresh.site_id and conversation.conversation_id = fresh.conversation_id
    where fresh.conversation_id <> fresh.message_id
    for key share of conversation;
    if exists (
        select 1 from fresh
        where fresh.conversation_id <> fresh.message_id and not exists (
            select 1 from conversation
            where conversation.site_id = fresh.site_id and conversation.conversation_id = fresh.conversation_id)
    ) then
        raise foreign_key_violation using message = 'the conversation of a message was purged';
    end if;
    return null;
end $$;
create trigger message_keeps_conversation after insert on message
referencing new table as fresh for each statement execute function keep_conversations();

-- A dated exception to the purge: of exactly its subject, by two persons (GDPR 17(3)).
create table legal_hold (
    site_id           uuid not null references site,
    hold_id           uuid not null,
    scope             text not null check (scope in ('message', 'conversation', 'person', 'listing')),
    subject_id        uuid not null,
    ground            text not null,           -- why, with the reference of the case; never a name
    ends_at           timestamptz not null,
    placed_by         text not null,
    placed_at         timestamptz not null default now(),
    approved_by       text,
    approved_at       timestamptz,
    lift_asked_by     text,
    lifted_by         text,
    lifted_at         timestamptz,
    -- 72 hours until a second person approves, then ends_at, then the moment it is lifted.
    blocks_until      timestamptz not null,
    primary key (site_id, hold_id),
    check (approved_by <> placed_by),
    check (lifted_by <> lift_asked_by)
);

-- Whether a hold keeps a message, or what is left of one; nearly always there is no hold at all.
create function is_held(site uuid, held_id uuid, as_of timestamptz) returns boolean
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
            when 'person' then hold.subject_id in (conversation.buyer_id, listing.advertiser_id)
        end);
end $$;

-- The same from the other end: every message that holds keep.
create function held_messages(site uuid, as_of timestamptz) returns table (message_id uuid)
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
$$;

-- The time the purge believes in, per site: a clock that leaps is believed when it is read so again.
create table purge_clock (
    site_id           uuid primary key references site,
    believed_at       timestamptz not null,
    leapt_at          timestamptz,             -- first reading after a leap, not yet believed
    swept_at          timestamptz              -- when all persons were last looked at
);

-- A published version of a policy never changes: messages name it (GDPR 13).
create function refuse_change() returns trigger
language plpgsql as $$
begin
    raise exception 'a published policy never changes: publish a new version';
end $$;
create trigger policy_is_final before update or delete on site_policy
for each row execute function refuse_change();

-- What each run deleted and the oldest row it left, signed with a key derived from the master key.
create table purge_report (
    site_id           uuid not null references site,
    report_id         uuid not null,
    body              text not null,           -- JSON, as it was signed
    signature         bytea not null,          -- HMAC-SHA-256 of body
    primary key (site_id, report_id)
);

-- The months of a partitioned table, oldest first; the default partition is none.
create function months_of(parent text) returns table (month date, first_id uuid, end_id uuid, ends_at timestamptz)
language sql stable as $$
    select found.month, first_uuidv7(found.month), first_uuidv7((found.month + interval '1 month')::date),
        (found.month + interval '1 month') at time zone 'UTC'
    from (
        select to_date(right(child.relname, 7), 'YYYY_MM') as month from pg_inherits
        join pg_class as child on child.oid = pg_inherits.inhrelid
        where pg_inherits.inhparent = parent::regclass and child.relname ~ '_[0-9]{4}_[0-9]{2}$'
    ) as found
    order by found.month
$$;

-- Drop one month of some partitioned tables, together; never one that is not over.
create function drop_month(parents text[], month date) returns integer
language plpgsql as $$
declare
    parent  text;
    name    text;
    dropped integer := 0;
begin
    if (month + interval '1 month 1 day') at time zone 'UTC' > now() then
        raise exception 'the month % is not over', month;
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
