-- name: read_correspondence(site_id, message_id)^
-- Message, conversation, listing and both keys behind the links of one mail.
select
    message.message_id, message.sender_id, message.sealed_content, message.mailbox_hash,
    conversation.conversation_id, conversation.blocked_at, conversation.blocked_by,
    listing.listing_id, listing.ref, listing.title, listing.state as listing_state,
    listing.show_phone, listing.advertiser_id, listing.sealed_advertiser,
    buyer.wrapped_key as buyer_key, advertiser.wrapped_key as advertiser_key,
    exists (select 1 from report
        where report.site_id = message.site_id and report.message_id = message.message_id) as is_reported
from message
join conversation on conversation.site_id = message.site_id
    and conversation.conversation_id = message.conversation_id
join listing on listing.site_id = message.site_id and listing.listing_id = conversation.listing_id
join person as buyer on buyer.site_id = message.site_id and buyer.person_id = message.sender_id
join person as advertiser on advertiser.site_id = message.site_id and advertiser.person_id = listing.advertiser_id
where message.site_id = :site_id and message.message_id = :message_id;

-- name: pause_listing(site_id, listing_id)!
update listing set state = 'paused', is_chosen = true, updated_at = now()
where site_id = :site_id and listing_id = :listing_id and state = 'open';

-- name: resume_listing(site_id, listing_id)!
update listing set state = 'open', is_chosen = false, updated_at = now()
where site_id = :site_id and listing_id = :listing_id and state = 'paused';

-- name: block(site_id, conversation_id, blocked_at, blocked_by)!
-- End a conversation for a side, beside the other that may have ended it before; what staff closed stays theirs.
update conversation set
    blocked_at = coalesce(blocked_at, :blocked_at),
    blocked_by = case when blocked_at is null then :blocked_by::text else 'both' end
where site_id = :site_id and conversation_id = :conversation_id
    and (blocked_at is null or blocked_by <> :blocked_by::text);

-- name: unblock(site_id, conversation_id, blocked_by)!
-- Take back that this side ended a conversation; it goes on unless the other side ended it too.
update conversation set
    blocked_at = case blocked_by when 'both' then blocked_at end,
    blocked_by = case when blocked_by <> 'both' then null when :blocked_by::text = 'buyer' then 'advertiser' else 'buyer' end
where site_id = :site_id and conversation_id = :conversation_id and blocked_by in (:blocked_by::text, 'both');

-- name: add_report(site_id, report_id, message_id, reporter_id, sealed_note)!
-- One report of a message by a person; a second click adds nothing.
insert into report (site_id, report_id, message_id, reporter_id, sealed_note)
values (:site_id, :report_id, :message_id, :reporter_id, :sealed_note)
on conflict (site_id, message_id, reporter_id) do nothing;

-- name: list_waiting(site_id, listing_id, first_id)
-- The last message, since an id, of every buyer of a listing whose conversation goes on.
select last.message_id, last.mailbox_hash, listing.advertiser_id
from listing
join conversation on conversation.site_id = listing.site_id and conversation.listing_id = listing.listing_id
    and conversation.blocked_at is null
join lateral (
    select message.message_id, message.mailbox_hash from message
    where message.site_id = conversation.site_id and message.conversation_id = conversation.conversation_id
        and message.side = 'buyer' and message.message_id >= :first_id
    order by message.message_id desc limit 1
) as last on true
where listing.site_id = :site_id and listing.listing_id = :listing_id
order by last.message_id desc
limit 500;
