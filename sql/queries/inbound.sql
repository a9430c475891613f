-- name: find_reply_addresses(address_hashes, alive_since, alias_most)
-- Who is expected to write to each alias, while it is alive; the alias is the scope, so this asks by it alone.
-- With it, how many mails of that side wait to be read, counted no further than an alias may have.
select
    reply_address.address_hash, reply_address.site_id, reply_address.conversation_id,
    case reply_address.side when 'buyer' then 'advertiser' else 'buyer' end as side,
    owner.person_id as owner_id, owner.wrapped_key as owner_key,
    (select count(*) from (
        select 1 from inbound
        where inbound.site_id = reply_address.site_id and inbound.conversation_id = reply_address.conversation_id
            and inbound.side = case reply_address.side when 'buyer' then 'advertiser' else 'buyer' end and inbound.state in ('queued', 'reading')
        limit :alias_most
    ) as of_alias) as waiting
from unnest(:address_hashes::bytea[]) as asked (address_hash)
join reply_address on reply_address.address_hash = asked.address_hash
join conversation on conversation.site_id = reply_address.site_id
    and conversation.conversation_id = reply_address.conversation_id and conversation.blocked_at is null
join listing on listing.site_id = conversation.site_id and listing.listing_id = conversation.listing_id
    and (listing.ended_at is null or listing.ended_at > :alive_since)
join person as other on other.site_id = reply_address.site_id and other.wrapped_key is not null
    and other.person_id = case reply_address.side when 'buyer' then conversation.buyer_id else listing.advertiser_id end
join person as owner on owner.site_id = reply_address.site_id and owner.wrapped_key is not null
    and owner.person_id = case reply_address.side when 'buyer' then listing.advertiser_id else conversation.buyer_id end;

-- name: find_bounced_mail(mail_id, alias_most)^
-- To whom the mail went that a bounce address names; the signed id is the scope, and each site is asked for it.
select
    outbox.site_id, message.conversation_id,
    case when (outbox.kind in ('contact', 'reply', 'reader_notice')) = (message.side = 'buyer') then 'advertiser' else 'buyer' end as side,
    owner.person_id as owner_id, owner.wrapped_key as owner_key,
    (select count(*) from (
        select 1 from inbound
        where inbound.site_id = message.site_id and inbound.conversation_id = message.conversation_id
            and inbound.side = case when (outbox.kind in ('contact', 'reply', 'reader_notice')) = (message.side = 'buyer') then 'advertiser' else 'buyer' end and inbound.state in ('queued', 'reading')
        limit :alias_most
    ) as of_alias) as waiting
from site
join outbox on outbox.site_id = site.site_id and outbox.mail_id = :mail_id
join message on message.site_id = outbox.site_id and message.message_id = outbox.message_id
join conversation on conversation.site_id = message.site_id and conversation.conversation_id = message.conversation_id
join listing on listing.site_id = conversation.site_id and listing.listing_id = conversation.listing_id
join person as owner on owner.site_id = outbox.site_id and owner.wrapped_key is not null
    and owner.person_id = case when (outbox.kind in ('contact', 'reply', 'reader_notice')) = (message.side = 'buyer')
        then listing.advertiser_id else conversation.buyer_id end;

-- name: count_backlogs(total_most)
-- How many mails wait to be read, by site, counted no further than the door takes.
select waiting.site_id, count(*) as mails
from (select inbound.site_id from inbound where inbound.state in ('queued', 'reading') limit :total_most) as waiting
group by waiting.site_id;

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
-- Lease mails to be read, in turn of every site so that no flood delays another, with a fencing token and the owner's key.
-- A mail is orphaned once a key of either party is destroyed, or its owner's: nothing can be made of it any more. A key that is
-- set aside comes back.
with due as (
    select mail.site_id, mail.inbound_id, mail.owner_id, mail.conversation_id
    from site cross join lateral (
        select inbound.site_id, inbound.inbound_id, inbound.owner_id, inbound.conversation_id, inbound.due_at
        from inbound
        where inbound.site_id = site.site_id and inbound.state in ('queued', 'reading') and inbound.due_at <= now()
        order by inbound.due_at
        limit :most
        for update skip locked
    ) as mail
    order by row_number() over (partition by mail.site_id order by mail.due_at), mail.due_at
    limit :most
)
update inbound set
    state = 'reading', due_at = now() + make_interval(secs => :lease_s),
    token = nextval('outbox_token'), tries = inbound.tries + 1
from due
left join person as owner on owner.site_id = due.site_id and owner.person_id = due.owner_id
left join conversation on conversation.site_id = due.site_id and conversation.conversation_id = due.conversation_id
left join listing on listing.site_id = conversation.site_id and listing.listing_id = conversation.listing_id
left join person as buyer on buyer.site_id = conversation.site_id and buyer.person_id = conversation.buyer_id
left join person as advertiser on advertiser.site_id = listing.site_id and advertiser.person_id = listing.advertiser_id
where inbound.site_id = due.site_id and inbound.inbound_id = due.inbound_id
returning inbound.site_id, inbound.inbound_id, inbound.conversation_id, inbound.side, inbound.mail_id, inbound.owner_id,
    owner.wrapped_key as owner_key, inbound.sealed_raw, inbound.token, inbound.tries, inbound.troubles,
    coalesce(owner.frozen_at, buyer.frozen_at, advertiser.frozen_at) is not null as is_frozen,
    (coalesce(owner.wrapped_key, owner.frozen_key) is null or coalesce(buyer.wrapped_key, buyer.frozen_key) is null
        or coalesce(advertiser.wrapped_key, advertiser.frozen_key) is null) as is_orphaned;

-- name: give_back_inbound(site_ids, inbound_ids, tokens, wait_s)
-- Let somebody read these mails later, each time a while longer: the trouble is ours, and not counted against them.
update inbound set
    state = 'queued', troubles = inbound.troubles + 1,
    due_at = now() + make_interval(secs => :wait_s * least(inbound.troubles + 1, 60))
from unnest(:site_ids::uuid[], :inbound_ids::uuid[], :tokens::bigint[]) as given (site_id, inbound_id, token)
where inbound.site_id = given.site_id and inbound.inbound_id = given.inbound_id and inbound.token = given.token
    and inbound.state = (select 'reading')
returning inbound.inbound_id;

-- name: settle_inbound(site_id, inbound_id, token, state, reason)^
-- Write what became of a mail; only a mail that is held keeps its bytes. No row when the lease went to somebody else.
update inbound set
    state = :state, reason = :reason, sealed_raw = case :state when 'held' then sealed_raw end
where site_id = :site_id and inbound_id = :inbound_id and state = 'reading' and token = :token
returning inbound_id;

-- name: list_held_mails(site_id)
-- Mails that came in, could not be passed on, and wait for a person, oldest first: ids and reasons, never words. What a frozen
-- party keeps back waits for nobody else.
select inbound_id, conversation_id, side, reason, received_at from inbound
where site_id = :site_id and state = 'held' and reason <> 'frozen'
order by inbound_id
limit 500;

-- name: count_inbound()
-- Mails that came in and are not at their end, by site: those that wait to be read, how long the oldest is due, those held.
select site_id,
    count(*) filter (where state <> 'held') as waiting, count(*) filter (where state = 'held' and reason <> 'frozen') as held,
    extract(epoch from greatest(now() - min(due_at) filter (where state <> 'held'), interval '0'))::float as due_s
from inbound
where state in ('queued', 'reading', 'held')
group by site_id;

-- name: read_again(site_id, inbound_id)^
-- Have a held mail read once more, as if it had just come in; no row when it is not held.
update inbound set state = 'queued', reason = 'read_again', due_at = now(), tries = 0, troubles = 0
where site_id = :site_id and inbound_id = :inbound_id and state = 'held'
returning inbound_id, pg_notify('inbound', '') as rung;

-- name: thaw_inbound(site_id)!
-- Have mails looked at again that a restriction kept back; one that another restriction keeps back is held again.
with thawed as (
    update inbound set state = 'queued', reason = 'thawed', due_at = now(), tries = 0, troubles = 0
    where inbound.site_id = :site_id and inbound.state = 'held' and inbound.reason = 'frozen'
    returning 1
)
select pg_notify('inbound', '') from thawed limit 1;

-- name: end_held_mail(site_id, inbound_id)^
-- End a held mail and forget its bytes; no row when it is not held.
update inbound set state = 'ended', reason = 'by_moderator', sealed_raw = null
where site_id = :site_id and inbound_id = :inbound_id and state = 'held'
returning inbound_id;

-- name: store_probe(probe_id, verdicts)!
-- Note that a mail of the relay to itself arrived; those of yesterday are forgotten.
with forgotten as (
    delete from probe where arrived_at < now() - interval '1 day'
)
insert into probe (probe_id, verdicts) values (:probe_id, :verdicts) on conflict do nothing;

-- name: read_probe(probe_id)^
select verdicts, arrived_at from probe where probe_id = :probe_id;
