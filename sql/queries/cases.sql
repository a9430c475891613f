-- name: list_reports(site_id)
-- Reports of messages, oldest first: ids only.
select report.report_id, report.message_id, report.created_at, outbox.state
from report
join outbox on outbox.site_id = report.site_id and outbox.mail_id = report.message_id
where report.site_id = :site_id
order by report.report_id
limit 500;

-- name: read_case(site_id, message_id)^
-- What is known of a message without opening it.
select
    message.message_id, message.side, message.score, message.signals, message.received_at, listing.ref, listing.title,
    outbox.state, outbox.reason, outbox.due_at,
    (select count(*) from report where report.site_id = message.site_id and report.message_id = message.message_id)::int as reports
from message
join conversation on conversation.site_id = message.site_id and conversation.conversation_id = message.conversation_id
join listing on listing.site_id = message.site_id and listing.listing_id = conversation.listing_id
join outbox on outbox.site_id = message.site_id and outbox.mail_id = message.message_id
where message.site_id = :site_id and message.message_id = :message_id;

-- name: read_words(site_id, message_id)^
select message.message_id, message.sender_id, message.sealed_content, sender.wrapped_key
from message
join person as sender on sender.site_id = message.site_id and sender.person_id = message.sender_id
where message.site_id = :site_id and message.message_id = :message_id;
