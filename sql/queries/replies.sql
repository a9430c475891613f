-- name: read_exchange(site_id, conversation_id, alive_since)^
-- Both parties of a conversation, its listing, and the last words of its buyer.
select
    conversation.conversation_id, conversation.buyer_id,
    (conversation.blocked_at is not null or listing.ended_at <= :alive_since) is true as is_over, conversation.blocked_by,
    buyer.wrapped_key as buyer_key, buyer.sealed_mail as buyer_mail,
    listing.listing_id, listing.ref, listing.title, listing.language as listing_language, listing.state as listing_state,
    listing.show_phone, listing.sealed_advertiser, listing.advertiser_id, advertiser.wrapped_key as advertiser_key,
    last.message_id as last_message_id, last.sealed_content as last_content, last.language as buyer_language,
    exists (select 1 from reveal where reveal.site_id = conversation.site_id
        and reveal.conversation_id = conversation.conversation_id and reveal.side = 'advertiser'
        and reveal.person_id = listing.advertiser_id) as advertiser_reveals,
    exists (select 1 from reveal where reveal.site_id = conversation.site_id
        and reveal.conversation_id = conversation.conversation_id and reveal.side = 'buyer'
        and reveal.person_id = conversation.buyer_id) as buyer_reveals
from conversation
join listing on listing.site_id = conversation.site_id and listing.listing_id = conversation.listing_id
join person as buyer on buyer.site_id = conversation.site_id and buyer.person_id = conversation.buyer_id
join person as advertiser on advertiser.site_id = conversation.site_id and advertiser.person_id = listing.advertiser_id
left join lateral (
    select message.message_id, message.sealed_content, message.language
    from message
    where message.site_id = conversation.site_id and message.conversation_id = conversation.conversation_id
        and message.side = 'buyer' and message.sender_id = conversation.buyer_id
    order by message.message_id desc limit 1
) as last on true
where conversation.site_id = :site_id and conversation.conversation_id = :conversation_id;

-- name: is_known_address(site_id, person_id, mailbox_hash)$
select exists (select 1 from known_address
    where site_id = :site_id and person_id = :person_id and mailbox_hash = :mailbox_hash);

-- name: know_address(site_id, person_id, mailbox_hash)!
insert into known_address (site_id, person_id, mailbox_hash) values (:site_id, :person_id, :mailbox_hash)
on conflict do nothing;

-- name: count_replies(site_id, conversation_id, first_id)$
-- How many messages of a conversation were passed on since an id, from both sides (the breaker of loops).
select count(*) from message
join outbox on outbox.site_id = message.site_id and outbox.mail_id = message.message_id
    and outbox.state in ('queued', 'sending', 'deferred', 'delivered', 'unconfirmed')
where message.site_id = :site_id and message.conversation_id = :conversation_id and message.message_id >= :first_id;

-- name: mark_told(site_id, told_hash)^
-- Take the one mark of its kind and day; no row when it was taken already.
insert into told (site_id, told_hash) values (:site_id, :told_hash)
on conflict do nothing
returning told_hash;

-- name: store_reply(site_id, message_id, conversation_id, side, sender_id, language, sealed_content, mailbox_hash, phone_hash, text_hash, policy_version, score, signals, received_at, state, reason, wait_s, expires_at)!
-- A message of either side that answers in a conversation, with its mail.
with written as (
    insert into message (site_id, message_id, conversation_id, side, sender_id, language, sealed_content,
        mailbox_hash, phone_hash, text_hash, policy_version, score, signals, received_at)
    values (:site_id, :message_id, :conversation_id, :side, :sender_id, :language, :sealed_content,
        :mailbox_hash, :phone_hash, :text_hash, :policy_version, :score, :signals, :received_at)
), rung as (
    select pg_notify('outbox', '')
)
insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at, expires_at)
select :site_id, :message_id, :message_id, 'reply', :state, :reason, now() + make_interval(secs => :wait_s), :expires_at
from rung;

-- name: lock_conversation(site_id, conversation_id)!
-- What is written in a conversation at the same moment is written one after the other; nobody else waits.
select conversation.conversation_id from conversation
where conversation.site_id = :site_id and conversation.conversation_id = :conversation_id
for no key update;

-- name: find_same_text(site_id, conversation_id, side, text_hash, first_id)$
-- The last message of a conversation, when it is this text of this side, since an id.
select last.message_id from (
    select message.message_id, message.side, message.text_hash from message
    where message.site_id = :site_id and message.conversation_id = :conversation_id
    order by message.message_id desc
    limit 1
) as last
where last.side = :side and last.text_hash = :text_hash and last.message_id >= :first_id;

-- name: store_file(site_id, message_id, number, kind, sealed_content)!
insert into message_file (site_id, message_id, number, kind, sealed_content)
values (:site_id, :message_id, :number, :kind, :sealed_content);

-- name: list_files(site_id, message_id)
-- Which files a message carries.
select number, kind from message_file
where site_id = :site_id and message_id = :message_id
order by number;

-- name: read_file(site_id, message_id, number)^
select kind, sealed_content from message_file
where site_id = :site_id and message_id = :message_id and number = :number;

-- name: read_files(site_id, message_id)
select number, kind, sealed_content from message_file
where site_id = :site_id and message_id = :message_id
order by number;

-- name: read_sent_mail(site_id, mail_id)^
-- A mail that a bounce or a complaint speaks of: its state, its conversation and whom to tell.
select
    outbox.mail_id, outbox.kind, outbox.state, outbox.message_id, message.conversation_id,
    recipient.mail_hash as recipient_hash,
    case when (outbox.kind in ('contact', 'reply', 'reader_notice')) = (message.side = 'buyer')
        then 'advertiser' else 'buyer' end as recipient_side
from outbox
join message on message.site_id = outbox.site_id and message.message_id = outbox.message_id
join conversation on conversation.site_id = message.site_id and conversation.conversation_id = message.conversation_id
join listing on listing.site_id = conversation.site_id and listing.listing_id = conversation.listing_id
join person as recipient on recipient.site_id = outbox.site_id
    and recipient.person_id = case when (outbox.kind in ('contact', 'reply', 'reader_notice')) = (message.side = 'buyer')
        then listing.advertiser_id else conversation.buyer_id end
where outbox.site_id = :site_id and outbox.mail_id = :mail_id;

-- name: bounce_mail(site_id, mail_id, reason)^
-- End a mail whose recipient's server gave it back, whether or not its hand-over is written yet.
-- The token moves on, so that a worker that still holds the mail cannot call it delivered.
update outbox set state = 'bounced', reason = :reason, settled_at = now(), token = nextval('outbox_token')
where site_id = :site_id and mail_id = :mail_id
    and state in ('queued', 'sending', 'deferred', 'delivered', 'unconfirmed')
returning mail_id;

-- name: note_report(site_id, mail_id, outcome, reason, enhanced)!
-- What a server said of a mail after it had taken it: a row among its attempts.
insert into attempt (site_id, mail_id, token, number, route, phase, ended_at, outcome, reason, enhanced)
values (:site_id, :mail_id, nextval('outbox_token'), 0, 'report', 'report', now(), :outcome, :reason, :enhanced);

-- name: suppress(site_id, mail_hash, reason, expires_at)!
-- Write to an address no more, for a reason and a time; what lasts longer already goes on.
insert into suppression (site_id, mail_hash, reason, expires_at)
values (:site_id, :mail_hash, :reason, :expires_at)
on conflict (site_id, mail_hash) do update set reason = excluded.reason, expires_at = excluded.expires_at
where suppression.expires_at < excluded.expires_at;

-- name: grant_reveal(site_id, conversation_id, side, person_id)!
insert into reveal (site_id, conversation_id, side, person_id) values (:site_id, :conversation_id, :side, :person_id)
on conflict do nothing;

-- name: revoke_reveal(site_id, conversation_id, side, person_id)!
delete from reveal
where site_id = :site_id and conversation_id = :conversation_id and side = :side and person_id = :person_id;

-- name: find_conversation(site_id, message_id)^
-- The conversation of a buyer's message, and whose listing it is about.
select message.conversation_id, listing.advertiser_id
from message
join conversation on conversation.site_id = message.site_id and conversation.conversation_id = message.conversation_id
join listing on listing.site_id = conversation.site_id and listing.listing_id = conversation.listing_id
where message.site_id = :site_id and message.message_id = :message_id;

-- name: read_last_words(site_id, conversation_id, side)
-- The last four messages of a side's present party that were passed on, or are about to be, newest first.
select message.message_id, message.sealed_content, message.received_at
from message
join outbox on outbox.site_id = message.site_id and outbox.mail_id = message.message_id
    and outbox.state in ('queued', 'sending', 'deferred', 'delivered', 'unconfirmed')
join conversation on conversation.site_id = message.site_id and conversation.conversation_id = message.conversation_id
join listing on listing.site_id = conversation.site_id and listing.listing_id = conversation.listing_id
where message.site_id = :site_id and message.conversation_id = :conversation_id and message.side = :side
    and message.sender_id = case message.side when 'buyer' then conversation.buyer_id else listing.advertiser_id end
order by message.message_id desc
limit 4;

-- name: disown(site_id, mail_id)^
-- End a held reply that its supposed writer says is not theirs.
update outbox set state = 'refused', reason = 'disowned', settled_at = now()
where site_id = :site_id and mail_id = :mail_id and state = 'held' and reason = 'stranger'
returning mail_id;

-- name: keep_held(site_id, mail_id)!
-- Its writer owned it, but a moderator has to look.
update outbox set reason = 'suspicious'
where site_id = :site_id and mail_id = :mail_id and state = 'held' and reason = 'stranger';

-- name: list_pending(site_id, conversation_id, side, sender_id)
-- Replies from unknown addresses that wait for a yes, oldest first.
select message.message_id, message.sealed_content, message.received_at
from message
join outbox on outbox.site_id = message.site_id and outbox.mail_id = message.message_id
    and outbox.state = 'held' and outbox.reason = 'stranger'
where message.site_id = :site_id and message.conversation_id = :conversation_id
    and message.side = :side and message.sender_id = :sender_id
order by message.message_id
limit 20;

-- name: store_trace(site_id, message_id, sender_id, sealed_origin, ip_hash, net_hash, browser_hash, received_at)!
-- Where a message written on a page came from, apart from its words.
insert into sender_trace (site_id, message_id, sender_id, sealed_origin, ip_hash, net_hash, browser_hash, received_at)
values (:site_id, :message_id, :sender_id, :sealed_origin, :ip_hash, :net_hash, :browser_hash, :received_at);
