-- name: find_reply_address(address_hash, alive_since)^
-- Who is expected to write to an alias, while it is alive; the alias is the scope, so this asks by it alone.
select
    reply_address.site_id, reply_address.conversation_id,
    case reply_address.side when 'buyer' then 'advertiser' else 'buyer' end as side,
    owner.person_id as owner_id, owner.wrapped_key as owner_key
from reply_address
join conversation on conversation.site_id = reply_address.site_id
    and conversation.conversation_id = reply_address.conversation_id and conversation.blocked_at is null
join listing on listing.site_id = conversation.site_id and listing.listing_id = conversation.listing_id
    and (listing.ended_at is null or listing.ended_at > :alive_since)
join person as other on other.site_id = reply_address.site_id and other.wrapped_key is not null
    and other.person_id = case reply_address.side when 'buyer' then conversation.buyer_id else listing.advertiser_id end
join person as owner on owner.site_id = reply_address.site_id and owner.wrapped_key is not null
    and owner.person_id = case reply_address.side when 'buyer' then listing.advertiser_id else conversation.buyer_id end
where reply_address.address_hash = :address_hash;

-- name: find_bounced_mail(mail_id)^
-- To whom the mail went that a bounce address names; the signed id is the scope, and each site is asked for it.
select
    outbox.site_id, message.conversation_id,
    case when (outbox.kind in ('contact', 'reply', 'reader_notice')) = (message.side = 'buyer') then 'advertiser' else 'buyer' end as side,
    owner.person_id as owner_id, owner.wrapped_key as owner_key
from site
join outbox on outbox.site_id = site.site_id and outbox.mail_id = :mail_id
join message on message.site_id = outbox.site_id and message.message_id = outbox.message_id
join conversation on conversation.site_id = message.site_id and conversation.conversation_id = message.conversation_id
join listing on listing.site_id = conversation.site_id and listing.listing_id = conversation.listing_id
join person as owner on owner.site_id = outbox.site_id and owner.wrapped_key is not null
    and owner.person_id = case when (outbox.kind in ('contact', 'reply', 'reader_notice')) = (message.side = 'buyer')
        then listing.advertiser_id else conversation.buyer_id end;

-- name: count_waiting(most)$
-- How many mails of all sites wait to be read, counted up to *most*.
select count(*) from (
    select inbound.inbound_id from inbound
    where inbound.site_id is not null and inbound.state in ('queued', 'reading')
    limit :most
) as waiting;

-- name: store_inbound(site_ids, inbound_ids, conversation_ids, sides, mail_ids, owner_ids, copy_hashes, sealed_raws)!
-- Keep mails that came in together, and ring; the same delivery to the same address once more adds nothing.
with given as (
    select arrived.* from unnest(:site_ids::uuid[], :inbound_ids::uuid[], :conversation_ids::uuid[], :sides::text[],
        :mail_ids::uuid[], :owner_ids::uuid[], :copy_hashes::bytea[], :sealed_raws::bytea[])
        as arrived (site_id, inbound_id, conversation_id, side, mail_id, owner_id, copy_hash, sealed_raw)
), stored as (
    insert into inbound (site_id, inbound_id, conversation_id, side, mail_id, owner_id, copy_hash, sealed_raw, state, reason)
    select site_id, inbound_id, conversation_id, side, mail_id, owner_id, copy_hash, sealed_raw, 'queued', 'received'
    from given
    on conflict (site_id, copy_hash) do nothing
    returning inbound_id
)
select pg_notify('inbound', '') from stored limit 1;

-- name: claim_inbound(most, lease_s)
-- Lease mails to be read, oldest first, with a fencing token and the key that opens each.
with due as (
    select inbound.site_id, inbound.inbound_id, inbound.owner_id from inbound
    where inbound.site_id is not null and inbound.state in ('queued', 'reading') and inbound.due_at <= now()
    order by inbound.due_at
    limit :most
    for update skip locked
)
update inbound set
    state = 'reading', due_at = now() + make_interval(secs => :lease_s),
    token = nextval('outbox_token'), tries = inbound.tries + 1
from due join person on person.site_id = due.site_id and person.person_id = due.owner_id
where inbound.site_id = due.site_id and inbound.inbound_id = due.inbound_id
returning inbound.site_id, inbound.inbound_id, inbound.conversation_id, inbound.side, inbound.mail_id, inbound.owner_id,
    person.wrapped_key as owner_key, inbound.sealed_raw, inbound.token, inbound.tries;

-- name: settle_inbound(site_id, inbound_id, token, state, reason)^
-- Write what became of a mail; only a mail that is held keeps its bytes. No row when the lease went to somebody else.
update inbound set
    state = :state, reason = :reason, sealed_raw = case :state when 'held' then sealed_raw end
where site_id = :site_id and inbound_id = :inbound_id and state = 'reading' and token = :token
returning inbound_id;

-- name: store_probe(probe_id, verdicts)!
-- Note that a mail of the relay to itself arrived; those of yesterday are forgotten.
with forgotten as (
    delete from probe where arrived_at < now() - interval '1 day'
)
insert into probe (probe_id, verdicts) values (:probe_id, :verdicts) on conflict do nothing;

-- name: read_probe(probe_id)^
select verdicts, arrived_at from probe where probe_id = :probe_id;
