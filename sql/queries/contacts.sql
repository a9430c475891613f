-- name: find_places(site_ids, refs, mail_hashes)
-- For each request: its listing, and its sender and conversation when they are known already.
select
    asked.n::int                 as n,
    listing.listing_id           as listing_id,
    listing.state                as listing_state,
    person.person_id             as sender_id,
    person.wrapped_key           as wrapped_key,
    conversation.conversation_id as conversation_id,
    conversation.blocked_at      as blocked_at
from unnest(:site_ids::uuid[], :refs::text[], :mail_hashes::bytea[])
    with ordinality as asked (site_id, ref, mail_hash, n)
left join listing on listing.site_id = asked.site_id and listing.ref = asked.ref
left join person on person.site_id = asked.site_id and person.mail_hash = asked.mail_hash
left join lateral (
    select known.conversation_id, known.blocked_at from conversation as known
    where known.site_id = asked.site_id and known.listing_id = listing.listing_id
        and known.buyer_id = person.person_id offset 0  -- by the whole key, as in read_mails
) as conversation on true
order by asked.n;

-- name: store_contacts(contacts)
-- Write whole contacts in one statement and ring the bell; returns those that were not there already.
with given as (
    select contact.* from unnest(:contacts::new_contact[]) as contact
), claimed as (
    insert into idempotency (site_id, message_id, key_hash, request_hash, content_hash, state, created_at)
    -- Who is blocked is answered like anybody else: only the private page says what became of it.
    select site_id, message_id, key_hash, request_hash, content_hash,
        case state when 'refused' then 'queued' else state end, received_at
    from given
    where not exists (select 1 from idempotency_also as also
        where also.site_id = given.site_id and also.key_hash = given.key_hash)
    on conflict do nothing
    returning site_id, message_id
), fresh as (
    select given.* from given join claimed using (site_id, message_id)
), people as (
    insert into person (site_id, person_id, mail_hash, wrapped_key, sealed_mail)
    select distinct on (site_id, sender_id) site_id, sender_id, mail_hash, wrapped_key, sealed_mail
    from fresh where sender_is_new
), conversations as (
    insert into conversation (site_id, conversation_id, listing_id, buyer_id)
    select distinct on (site_id, conversation_id) site_id, conversation_id, listing_id, sender_id
    from fresh where conversation_is_new
), addresses as (
    insert into reply_address (site_id, conversation_id, side, address_hash)
    select distinct site_id, conversation_id, side, address_hash
    from fresh cross join lateral
        (values ('buyer', buyer_address_hash), ('advertiser', advertiser_address_hash)) as address (side, address_hash)
    where conversation_is_new
), messages as (
    insert into message (site_id, message_id, conversation_id, sender_id, language, sealed_content,
        mailbox_hash, phone_hash, text_hash, policy_version, score, signals, received_at)
    select site_id, message_id, conversation_id, sender_id, language, sealed_content,
        mailbox_hash, phone_hash, text_hash, policy_version, score, signals, received_at
    from fresh
), traces as (
    insert into sender_trace (site_id, message_id, sender_id, sealed_origin, ip_hash, net_hash, browser_hash, received_at)
    select site_id, message_id, sender_id, sealed_origin, ip_hash, net_hash, browser_hash, received_at
    from fresh
), first_today as (
    insert into told (site_id, told_hash)
    select distinct site_id, told_hash from fresh where receipt_id is not null
    order by site_id, told_hash  -- as every batch does, so that none waits for one that waits for it
    on conflict do nothing
    returning site_id, told_hash
), mails as (
    insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at, expires_at, settled_at)
    -- Due by the clock of the database, so that a door whose clock is ahead holds up nothing (F54).
    select site_id, message_id, message_id, 'contact', state, reason,
        case state when 'queued' then now() else due_at end, expires_at, case state when 'refused' then now() end
    from fresh
    union all
    (select distinct on (site_id, told_hash) site_id, receipt_id, message_id, 'receipt', 'queued', 'accepted', now(), expires_at, null
    from fresh join first_today using (site_id, told_hash))
)
select message_id, pg_notify('outbox', '') as rung from claimed;

-- name: find_stored(site_ids, message_ids)
-- Which of these messages are stored: asked after the answer to a commit was lost.
select message.message_id
from unnest(:site_ids::uuid[], :message_ids::uuid[]) as asked (site_id, message_id)
join message on message.site_id = asked.site_id and message.message_id = asked.message_id;

-- name: find_twin(site_id, key_hash, content_hash)^
-- The earlier request that this one repeats, by its key first, else by its content.
select
    idempotency.message_id,
    idempotency.request_hash,
    idempotency.created_at,
    (idempotency.key_hash = :key_hash) is true as same_key,
    (idempotency.key_hash = :key_hash) is true as is_first,
    idempotency.state
from idempotency
where idempotency.site_id = :site_id
    and (idempotency.key_hash = :key_hash or idempotency.content_hash = :content_hash)
union all
select idempotency.message_id, also.request_hash, idempotency.created_at, true, false, idempotency.state
from idempotency_also as also
join idempotency on idempotency.site_id = also.site_id and idempotency.message_id = also.message_id
where also.site_id = :site_id and also.key_hash = :key_hash
order by same_key desc, is_first desc
limit 1;

-- name: remember_key(site_id, key_hash, message_id, request_hash)!
-- Answer this key as the message it repeats, for as long as that one's own key is known.
insert into idempotency_also (site_id, key_hash, message_id, request_hash)
select :site_id, :key_hash, :message_id, :request_hash
where exists (select 1 from idempotency where site_id = :site_id and message_id = :message_id)
on conflict do nothing;

-- name: forget_content(site_id, message_id)!
-- Let the same text be sent again: its ten minutes are over.
update idempotency set content_hash = null
where site_id = :site_id and message_id = :message_id;

-- name: read_status(site_id, message_id)^
-- What the sender may see of one message.
select
    message.message_id, message.language, message.received_at, message.policy_version,
    outbox.state, outbox.reason, outbox.settled_at, outbox.expires_at,
    listing.title, listing.url, listing.ref, listing.show_phone, listing.sealed_advertiser,
    listing.advertiser_id, person.wrapped_key,
    exists (select 1 from message as answer
        join outbox as sent on sent.site_id = answer.site_id and sent.mail_id = answer.message_id
            and sent.state in ('queued', 'sending', 'deferred', 'delivered', 'unconfirmed')
        where answer.site_id = message.site_id and answer.conversation_id = message.conversation_id
            and answer.side = 'advertiser' and answer.message_id > message.message_id) as is_answered
from message
join outbox on outbox.site_id = message.site_id and outbox.mail_id = message.message_id
join conversation on conversation.site_id = message.site_id
    and conversation.conversation_id = message.conversation_id
join listing on listing.site_id = message.site_id and listing.listing_id = conversation.listing_id
join person on person.site_id = message.site_id and person.person_id = listing.advertiser_id
where message.site_id = :site_id and message.message_id = :message_id;

-- name: cancel(site_id, message_id, oldest)^
-- Cancel a mail that has not left and was received after *oldest*; no row when it is too late.
update outbox set state = 'cancelled', reason = 'by_sender', settled_at = now()
where site_id = :site_id and mail_id = :message_id and kind = 'contact'
    and state in ('held', 'queued', 'deferred') and ambiguous = 0
    and exists (select 1 from message
        where message.site_id = :site_id and message.message_id = :message_id
            and message.received_at > :oldest)
returning mail_id;
