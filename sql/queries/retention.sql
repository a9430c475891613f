-- What is due, class by class (relay/retention/shelves.py): due_… finds a batch of rows past their time and
-- not held, delete_… deletes them with all that hangs on them, oldest_… tells the oldest row left.
-- Conversations, listings and persons may be written to at the same moment: theirs are locked when found,
-- asked again when deleted, and left to the next run when somebody else has them.
-- OFFSET 0 keeps each question for one row a probe of an index: as a join it was planned, while the tables
-- were small, as a scan of the whole site for each row.

-- name: due_messages(site_id, after_id, before_id, before_at, as_of, most)
select message.message_id as id
from message
where message.site_id = :site_id and message.message_id > :after_id and message.message_id < :before_id
    and message.received_at < :before_at
    and not is_held(:site_id, message.message_id, :as_of)
order by message.message_id
limit :most;

-- name: due_messages_ended(site_id, after_id, before_id, ended_before, as_of, most)
-- Messages that go with their listing.
select said.message_id as id
from listing
cross join lateral (
    select conversation.conversation_id from conversation
    where conversation.site_id = :site_id and conversation.listing_id = listing.listing_id offset 0
) as thread
cross join lateral (
    select message.message_id from message
    where message.site_id = :site_id and message.conversation_id = thread.conversation_id offset 0
) as said
where listing.site_id = :site_id and listing.ended_at < :ended_before
    and said.message_id > :after_id and said.message_id < :before_id
    and not is_held(:site_id, said.message_id, :as_of)
order by said.message_id
limit :most;

-- name: delete_messages(site_id, ids)^
-- A message, its mail and the attempts at it, its files; what rules saw in it, and that it was let go.
with hits as (
    delete from rule_hit
    where rule_hit.site_id = :site_id and rule_hit.message_id = any(:ids::uuid[])
), let_go as (
    delete from released
    where released.site_id = :site_id and released.message_id = any(:ids::uuid[])
), attempts as (
    delete from attempt
    where attempt.site_id = :site_id and attempt.mail_id = any(:ids::uuid[])
    returning 1
), mails as (
    delete from outbox
    where outbox.site_id = :site_id and outbox.mail_id = any(:ids::uuid[])
    returning 1
), files as (
    delete from message_file
    where message_file.site_id = :site_id and message_file.message_id = any(:ids::uuid[])
    returning 1
), messages as (
    delete from message
    where message.site_id = :site_id and message.message_id = any(:ids::uuid[])
    returning 1
)
select
    (select count(*) from messages) as message,
    (select count(*) from mails) as outbox,
    (select count(*) from attempts) as attempt,
    (select count(*) from files) as message_file;

-- name: end_mails(site_id, after_id, before_id, as_of, most)$
-- End the mails that are still under way when their message's time is over, or when it is gone.
with live as (
    select outbox.mail_id, outbox.message_id from outbox
    where outbox.site_id = :site_id and outbox.state in ('queued', 'deferred', 'sending')
    union all
    select outbox.mail_id, outbox.message_id from outbox
    where outbox.site_id = :site_id and outbox.state = 'held'
), due as (
    select live.mail_id from live
    where live.message_id > :after_id and live.message_id < :before_id
        and not is_held(:site_id, live.message_id, :as_of)
    union
    select live.mail_id from live
    where not exists (select 1 from message
        where message.site_id = :site_id and message.message_id = live.message_id offset 0)
        and not exists (select 1 from data_request      -- a letter of the rights desk
        where data_request.site_id = :site_id and data_request.request_id = live.message_id offset 0)
    limit :most
), ended as (
    update outbox set state = 'purged', reason = 'retention', settled_at = now()
    from due
    where outbox.site_id = :site_id and outbox.mail_id = due.mail_id
        and outbox.state in ('held', 'queued', 'deferred', 'sending')
    returning 1
)
select count(*) from ended;

-- name: due_mails(site_id, after_id, before_id, most)
-- Receipts and notices: rows of their own, without a message of the same id.
select outbox.mail_id as id
from outbox
where outbox.site_id = :site_id and outbox.mail_id > :after_id and outbox.mail_id < :before_id
    and outbox.state not in ('held', 'queued', 'deferred', 'sending')
    and not exists (select 1 from message
        where message.site_id = outbox.site_id and message.message_id = outbox.mail_id offset 0)
order by outbox.mail_id
limit :most;

-- name: delete_mails(site_id, ids)^
with attempts as (
    delete from attempt
    where attempt.site_id = :site_id and attempt.mail_id = any(:ids::uuid[])
    returning 1
), mails as (
    delete from outbox
    where outbox.site_id = :site_id and outbox.mail_id = any(:ids::uuid[])
    returning 1
)
select (select count(*) from mails) as outbox, (select count(*) from attempts) as attempt;

-- name: due_traces(site_id, after_id, before_id, before_at, as_of, most)
select sender_trace.message_id as id
from sender_trace
where sender_trace.site_id = :site_id and sender_trace.message_id > :after_id and sender_trace.message_id < :before_id
    and sender_trace.received_at < :before_at
    and not is_held(:site_id, sender_trace.message_id, :as_of)
    and not exists (select 1 from legal_hold
        where legal_hold.site_id = :site_id and legal_hold.blocks_until > :as_of
            and legal_hold.scope = 'person' and legal_hold.subject_id = sender_trace.sender_id offset 0)
order by sender_trace.message_id
limit :most;

-- name: due_traces_ended(site_id, after_id, before_id, ended_before, as_of, most)
-- Traces that go with their listing.
select trace.message_id as id
from listing
cross join lateral (
    select conversation.conversation_id from conversation
    where conversation.site_id = :site_id and conversation.listing_id = listing.listing_id offset 0
) as thread
cross join lateral (
    select message.message_id from message
    where message.site_id = :site_id and message.conversation_id = thread.conversation_id offset 0
) as said
cross join lateral (
    select sender_trace.message_id from sender_trace
    where sender_trace.site_id = :site_id and sender_trace.message_id = said.message_id offset 0
) as trace
where listing.site_id = :site_id and listing.ended_at < :ended_before
    and trace.message_id > :after_id and trace.message_id < :before_id
    and not is_held(:site_id, trace.message_id, :as_of)
order by trace.message_id
limit :most;

-- name: delete_traces(site_id, ids)^
with traces as (
    delete from sender_trace
    where sender_trace.site_id = :site_id and sender_trace.message_id = any(:ids::uuid[])
    returning 1
)
select (select count(*) from traces) as sender_trace;

-- name: due_reports(site_id, after_id, before_id, before_at, as_of, most)
select report.report_id as id
from report
where report.site_id = :site_id and report.report_id > :after_id and report.report_id < :before_id
    and report.created_at < :before_at
    and not is_held(:site_id, report.message_id, :as_of)
order by report.report_id
limit :most;

-- name: delete_reports(site_id, ids)^
with reports as (
    delete from report
    where report.site_id = :site_id and report.report_id = any(:ids::uuid[])
    returning 1
)
select (select count(*) from reports) as report;

-- name: due_inbound(site_id, after_id, before_id, before_at, as_of, most)
-- Mails that came in and were read, or that nobody released.
select inbound.inbound_id as id
from inbound
where inbound.site_id = :site_id and inbound.inbound_id > :after_id and inbound.inbound_id < :before_id
    and inbound.received_at < :before_at and inbound.state not in ('queued', 'reading')
    and not exists (select 1 from legal_hold
        left join conversation on conversation.site_id = :site_id and conversation.conversation_id = inbound.conversation_id
        left join listing on listing.site_id = :site_id and listing.listing_id = conversation.listing_id
        where legal_hold.site_id = :site_id and legal_hold.blocks_until > :as_of and legal_hold.subject_id in
            (inbound.conversation_id, inbound.owner_id, conversation.buyer_id, listing.listing_id, listing.advertiser_id) offset 0)
order by inbound.inbound_id
limit :most;

-- name: delete_inbound(site_id, ids)^
with mails as (
    delete from inbound
    where inbound.site_id = :site_id and inbound.inbound_id = any(:ids::uuid[])
    returning 1
)
select (select count(*) from mails) as inbound;

-- name: due_conversations(site_id, after_id, before_id, as_of, most)
-- Conversations that no message needs any more.
select conversation.conversation_id as id
from conversation
where conversation.site_id = :site_id
    and conversation.conversation_id > :after_id and conversation.conversation_id < :before_id
    and not exists (select 1 from message
        where message.site_id = :site_id and message.conversation_id = conversation.conversation_id offset 0)
    and not exists (select 1 from inbound
        where inbound.site_id = :site_id and inbound.conversation_id = conversation.conversation_id offset 0)
    and not exists (select 1 from legal_hold
        where legal_hold.site_id = :site_id and legal_hold.blocks_until > :as_of
            and legal_hold.subject_id in (conversation.conversation_id, conversation.listing_id, conversation.buyer_id,
                (select listing.advertiser_id from listing
                    where listing.site_id = :site_id and listing.listing_id = conversation.listing_id)) offset 0)
order by conversation.conversation_id
limit :most
for update skip locked;

-- name: due_conversations_ended(site_id, after_id, before_id, ended_before, as_of, most)
-- The same, of listings that ended.
select thread.conversation_id as id
from listing
cross join lateral (
    select conversation.conversation_id, conversation.buyer_id from conversation
    where conversation.site_id = :site_id and conversation.listing_id = listing.listing_id
    for update skip locked
) as thread
where listing.site_id = :site_id and listing.ended_at < :ended_before
    and thread.conversation_id > :after_id and thread.conversation_id < :before_id
    and not exists (select 1 from message
        where message.site_id = :site_id and message.conversation_id = thread.conversation_id offset 0)
    and not exists (select 1 from inbound
        where inbound.site_id = :site_id and inbound.conversation_id = thread.conversation_id offset 0)
    and not exists (select 1 from legal_hold
        where legal_hold.site_id = :site_id and legal_hold.blocks_until > :as_of and legal_hold.subject_id in
            (thread.conversation_id, listing.listing_id, thread.buyer_id, listing.advertiser_id) offset 0)
order by thread.conversation_id
limit :most;

-- name: delete_conversations(site_id, ids)^
-- The rows are locked: who wrote a message since they were found is seen now, who writes one later finds none.
with gone as (
    delete from conversation
    where conversation.site_id = :site_id and conversation.conversation_id = any(:ids::uuid[])
        and not exists (select 1 from message
            where message.site_id = :site_id and message.conversation_id = conversation.conversation_id offset 0)
    returning conversation.conversation_id
), addresses as (
    delete from reply_address
    where reply_address.site_id = :site_id and reply_address.conversation_id = any(array(select gone.conversation_id from gone))
    returning 1
), reveals as (
    delete from reveal
    where reveal.site_id = :site_id and reveal.conversation_id = any(array(select gone.conversation_id from gone))
    returning 1
)
select
    (select count(*) from gone) as conversation,
    (select count(*) from addresses) as reply_address,
    (select count(*) from reveals) as reveal;

-- name: due_listings(site_id, after_id, after_at, before_at, as_of, most)
-- Listings that ended, and that no conversation needs any more.
select listing.listing_id as id
from listing
where listing.site_id = :site_id and listing.listing_id > :after_id and listing.state = 'closed'
    and listing.ended_at >= :after_at and listing.ended_at < :before_at
    and not exists (select 1 from conversation
        where conversation.site_id = :site_id and conversation.listing_id = listing.listing_id offset 0)
    and not exists (select 1 from legal_hold
        where legal_hold.site_id = :site_id and legal_hold.blocks_until > :as_of
            and legal_hold.subject_id in (listing.listing_id, listing.advertiser_id) offset 0)
order by listing.listing_id
limit :most
for update skip locked;

-- name: delete_listings(site_id, ids)^
with listings as (
    delete from listing
    where listing.site_id = :site_id and listing.listing_id = any(:ids::uuid[]) and listing.state = 'closed'
        and not exists (select 1 from conversation
            where conversation.site_id = :site_id and conversation.listing_id = listing.listing_id offset 0)
    returning 1
)
select (select count(*) from listings) as listing;

-- name: page_persons(site_id, after_id, most)
select person_id as id from person
where site_id = :site_id and person_id > :after_id
order by person_id
limit :most;

-- name: due_persons(site_id, ids, as_of)
-- Of these persons, those whom nothing names any more.
select person.person_id as id
from person
where person.site_id = :site_id and person.person_id = any(:ids::uuid[])
    and not exists (select 1 from conversation
        where conversation.site_id = :site_id and conversation.buyer_id = person.person_id offset 0)
    and not exists (select 1 from listing
        where listing.site_id = :site_id and listing.advertiser_id = person.person_id offset 0)
    and not exists (select 1 from sender_trace
        where sender_trace.site_id = :site_id and sender_trace.sender_id = person.person_id offset 0)
    and not exists (select 1 from report
        where report.site_id = :site_id and report.reporter_id = person.person_id offset 0)
    and not exists (select 1 from report
        where report.site_id = :site_id and report.giver_id = person.person_id offset 0)
    and not exists (select 1 from report_case
        where report_case.site_id = :site_id and report_case.appellant_id = person.person_id offset 0)
    -- Who advertised once may still be heard of: a mail of theirs waits, or a reply of theirs is kept.
    and not exists (select 1 from inbound
        where inbound.site_id = :site_id and inbound.owner_id = person.person_id offset 0)
    and not exists (select 1 from message
        where message.site_id = :site_id and message.sender_id = person.person_id and message.side = 'advertiser' offset 0)
    and not exists (select 1 from legal_hold
        where legal_hold.site_id = :site_id and legal_hold.blocks_until > :as_of
            and legal_hold.subject_id = person.person_id offset 0)
for update of person skip locked;

-- name: delete_persons(site_id, ids)^
-- A person's row bears the key of all that was sealed for them: it is destroyed here, unless they came back since.
with gone as (
    delete from person
    where person.site_id = :site_id and person.person_id = any(:ids::uuid[])
        and not exists (select 1 from conversation
            where conversation.site_id = :site_id and conversation.buyer_id = person.person_id offset 0)
        and not exists (select 1 from listing
            where listing.site_id = :site_id and listing.advertiser_id = person.person_id offset 0)
        and not exists (select 1 from report
            where report.site_id = :site_id and report.giver_id = person.person_id offset 0)
    returning person.person_id
), consents as (
    delete from consent
    where consent.site_id = :site_id and consent.person_id = any(array(select gone.person_id from gone))
    returning 1
), addresses as (
    delete from known_address
    where known_address.site_id = :site_id and known_address.person_id = any(array(select gone.person_id from gone))
    returning 1
)
select
    (select count(*) from gone) as person,
    (select count(*) from addresses) as known_address,
    (select count(*) from consents) as consent;

-- name: oldest_messages(site_id, as_of)$
select message.received_at from message
where message.site_id = :site_id
    and not is_held(:site_id, message.message_id, :as_of)
order by message.message_id
limit 1;

-- name: oldest_traces(site_id, as_of)$
select sender_trace.received_at from sender_trace
where sender_trace.site_id = :site_id
    and not is_held(:site_id, sender_trace.message_id, :as_of)
    and not exists (select 1 from legal_hold
        where legal_hold.site_id = :site_id and legal_hold.blocks_until > :as_of
            and legal_hold.scope = 'person' and legal_hold.subject_id = sender_trace.sender_id offset 0)
order by sender_trace.message_id
limit 1;

-- name: oldest_reports(site_id, as_of)$
select report.created_at from report
where report.site_id = :site_id
    and not is_held(:site_id, report.message_id, :as_of)
order by report.report_id
limit 1;

-- name: oldest_inbound(site_id, as_of)$
select inbound.received_at from inbound
where inbound.site_id = :site_id
    and not exists (select 1 from legal_hold
        left join conversation on conversation.site_id = :site_id and conversation.conversation_id = inbound.conversation_id
        left join listing on listing.site_id = :site_id and listing.listing_id = conversation.listing_id
        where legal_hold.site_id = :site_id and legal_hold.blocks_until > :as_of and legal_hold.subject_id in
            (inbound.conversation_id, inbound.owner_id, conversation.buyer_id, listing.listing_id, listing.advertiser_id) offset 0)
order by inbound.inbound_id
limit 1;

-- name: oldest_listings(site_id)$
-- Since when the listing is over that has been over for longest.
select ended_at from listing
where site_id = :site_id and ended_at is not null
order by ended_at
limit 1;

-- name: sample_messages(site_id, version)^
-- The newest thousand messages, looked at without opening them.
select
    count(*) as messages,
    count(*) filter (where newest.side = 'buyer' and newest.policy_version = :version and newest.phone_hash is null)
        as phoneless,
    count(*) filter (where not exists (select 1 from site_policy
        where site_policy.site_id = :site_id and site_policy.version = newest.policy_version offset 0)) as versionless,
    count(*) filter (where position('"text"'::bytea in newest.sealed_content) > 0) as readable
from (
    select side, policy_version, phone_hash, sealed_content from message
    where site_id = :site_id
    order by message_id desc
    limit 1000
) as newest;
