-- The rights desk: requests, proofs, what is held of a person, what is done about it (relay/rights).
-- Of a person everything is found by an index: mail hash, mailbox of their messages, conversations, traces.

-- name: add_request(site_id, request_id, door, kind, language, state, received_at, due_on, paused_at, proved_at, changed_at, subject_hash, copy_hash, wrapped_key, sealed_content, sealed_mail)^
-- No row when the mail it came with was stored before.
insert into data_request (site_id, request_id, door, kind, language, state, received_at, due_on, paused_at, proved_at,
    changed_at, subject_hash, copy_hash, wrapped_key, sealed_content, sealed_mail)
values (:site_id, :request_id, :door, :kind, :language, :state, :received_at, :due_on, :paused_at, :proved_at,
    :changed_at, :subject_hash, :copy_hash, :wrapped_key, :sealed_content, :sealed_mail)
on conflict (site_id, copy_hash) do nothing
returning request_id;

-- name: read_request(site_id, request_id)^
select request_id, door, kind, language, state, received_at, due_on, paused_at, paused_days, proved_at, extended_at,
    decided_by, decided_at, ground, acts_at, answered_at, link_until, ended_at, contested_at, changed_at, subject_hash,
    wrapped_key, sealed_content, sealed_mail, kept_id
from data_request where site_id = :site_id and request_id = :request_id;

-- name: lock_request(site_id, request_id)^
-- The same, for a step: nobody else takes one meanwhile.
select request_id, door, kind, language, state, received_at, due_on, paused_at, paused_days, proved_at, extended_at,
    decided_by, decided_at, ground, acts_at, answered_at, link_until, ended_at, contested_at, changed_at, subject_hash,
    wrapped_key, sealed_content, sealed_mail, kept_id
from data_request where site_id = :site_id and request_id = :request_id
for update;

-- name: keep_standing(site_id, request_id, kind, state, due_on, paused_at, paused_days, proved_at, extended_at, acts_at, answered_at, link_until, ended_at, contested_at, changed_at)!
update data_request set kind = :kind, state = :state, due_on = :due_on, paused_at = :paused_at, paused_days = :paused_days,
    proved_at = :proved_at, extended_at = :extended_at, acts_at = :acts_at, answered_at = :answered_at,
    link_until = :link_until, ended_at = :ended_at, contested_at = :contested_at, changed_at = :changed_at,
    reminded = case when due_on = :due_on then reminded else 0 end
where site_id = :site_id and request_id = :request_id;

-- name: note_decision(site_id, request_id, decided_by, decided_at, ground)!
update data_request set decided_by = :decided_by, decided_at = :decided_at, ground = :ground
where site_id = :site_id and request_id = :request_id;

-- name: keep_content(site_id, request_id, subject_hash, sealed_content)!
-- What a request says, and of whom; the mail it came with is read by now.
update data_request set subject_hash = :subject_hash, sealed_content = :sealed_content, sealed_mail = null
where site_id = :site_id and request_id = :request_id;

-- name: keep_language(site_id, request_id, language)!
update data_request set language = :language where site_id = :site_id and request_id = :request_id;

-- name: note_kept(site_id, request_id, kept_id)!
update data_request set kept_id = :kept_id where site_id = :site_id and request_id = :request_id;

-- name: add_event(site_id, event_id, request_id, event, state, actor, reason, at)!
insert into request_event (site_id, event_id, request_id, event, state, actor, reason, at)
values (:site_id, :event_id, :request_id, :event, :state, :actor, :reason, :at);

-- name: list_events(site_id, request_id)
select event, state, actor, reason, at from request_event
where site_id = :site_id and request_id = :request_id
order by event_id;

-- name: find_twin_request(site_id, request_id, subject_hash, kind)^
-- An earlier request for the same, proved and not answered yet.
select request_id from data_request
where site_id = :site_id and subject_hash = :subject_hash and kind = :kind and request_id < :request_id
    and state in ('received', 'accepted') and proved_at is not null
order by request_id limit 1;

-- name: find_open_request(site_id, subject_hash)^
-- The newest request of a mailbox that waits for its proof or for an officer.
select request_id from data_request
where site_id = :site_id and subject_hash = :subject_hash and state in ('received', 'identity_pending', 'accepted')
order by request_id desc limit 1;

-- name: count_codes(site_id, subject_hash, since)$
-- How many codes a mailbox was sent lately.
select coalesce(sum(request_proof.sent), 0)::int from data_request
join request_proof on request_proof.site_id = data_request.site_id and request_proof.request_id = data_request.request_id
where data_request.site_id = :site_id and data_request.subject_hash = :subject_hash
    and data_request.received_at > :since;

-- name: put_proof(site_id, request_id, address, code_hash, sealed_code, expires_at)!
insert into request_proof (site_id, request_id, address, code_hash, sealed_code, expires_at)
values (:site_id, :request_id, :address, :code_hash, :sealed_code, :expires_at)
on conflict (site_id, request_id, address) do update set code_hash = excluded.code_hash,
    sealed_code = excluded.sealed_code, expires_at = excluded.expires_at, tries = 0, sent = request_proof.sent + 1
where request_proof.proved_at is null;

-- name: try_proof(site_id, request_id, address)^
-- Count a try, before it is judged.
update request_proof set tries = tries + 1
where site_id = :site_id and request_id = :request_id and address = :address and code_hash is not null
returning code_hash, expires_at, tries;

-- name: end_proof(site_id, request_id, address, proved_at)!
-- A code is good once, and gone once it was tried too often.
update request_proof set code_hash = null, sealed_code = null, proved_at = :proved_at
where site_id = :site_id and request_id = :request_id and address = :address;

-- name: list_proofs(site_id, request_id)
select address, expires_at, tries, sent, proved_at from request_proof
where site_id = :site_id and request_id = :request_id;

-- name: read_letters(site_ids, mail_ids)
-- What a letter of the rights desk is made from, as it stands now; its outbox row bears the id of the request.
select
    outbox.site_id, outbox.mail_id, outbox.kind, outbox.reason, outbox.message_id as request_id,
    data_request.kind as asked, data_request.language, data_request.state, data_request.received_at,
    data_request.due_on, data_request.ground, data_request.link_until, data_request.wrapped_key, data_request.sealed_content,
    data_request.subject_hash as recipient_hash, data_request.subject_hash as mailbox_hash,
    own.sealed_code as own_code, new.sealed_code as new_code
from unnest(:site_ids::uuid[], :mail_ids::uuid[]) as asked (site_id, mail_id)
join outbox on outbox.site_id = asked.site_id and outbox.mail_id = asked.mail_id
join data_request on data_request.site_id = outbox.site_id and data_request.request_id = outbox.message_id
left join request_proof as own on own.site_id = data_request.site_id and own.request_id = data_request.request_id
    and own.address = 'own' and own.expires_at > now()
left join request_proof as new on new.site_id = data_request.site_id and new.request_id = data_request.request_id
    and new.address = 'new' and new.expires_at > now();

-- name: list_requests(site_id, states, kind, before_id, most)
-- The register, newest first.
select request_id, door, kind, state, received_at, due_on, paused_at, paused_days, proved_at, extended_at, decided_by,
    decided_at, ground, acts_at, answered_at, link_until, ended_at, contested_at, changed_at
from data_request
where site_id = :site_id and request_id < :before_id
    and (:kind::text is null or kind = :kind) and state = any(:states::text[])
order by request_id desc
limit :most;

-- name: count_live_requests(site_id, today)^
-- How many wait for an officer, how many of them are late, and the nearest last day.
select
    count(*) filter (where state in ('received', 'accepted')) as waiting,
    count(*) filter (where state in ('received', 'accepted') and due_on < :today) as late,
    min(due_on) filter (where state in ('received', 'accepted')) as next_due_on
from data_request
where site_id = :site_id and state in ('received', 'identity_pending', 'accepted', 'ready', 'delivered', 'partly_held');

-- name: list_due_acts(site_id, now)
-- Accepted requests whose time to be taken back is over.
select request_id from data_request
where site_id = :site_id and state = 'accepted' and acts_at <= :now
order by request_id;

-- name: list_over(site_id, now, unproved_since)
-- Requests that end by themselves, and how.
select request_id, case when state = 'identity_pending' then 'expired' else 'closed' end as event from data_request
where site_id = :site_id and (
    (state = 'identity_pending' and paused_at < :unproved_since)
    or (state in ('ready', 'delivered', 'refused') and link_until < :now and kind is distinct from 'restriction')
    or (state = 'refused' and link_until < :now))
order by request_id;

-- name: list_partly_held(site_id)
select request_id from data_request where site_id = :site_id and state = 'partly_held' order by request_id;

-- name: list_unread_mails(site_id)
-- Requests that came by mail and were not read yet.
select request_id, wrapped_key, sealed_mail from data_request
where site_id = :site_id and state = 'received' and sealed_mail is not null
order by request_id limit 50;

-- name: list_to_remind(site_id, today)
-- Requests that wait for an officer, with the days left.
select request_id, reminded, (due_on - :today::date)::int as days_left from data_request
where site_id = :site_id and state in ('received', 'accepted') and proved_at is not null
order by request_id;

-- name: note_reminded(site_id, request_id, reminded)!
update data_request set reminded = :reminded where site_id = :site_id and request_id = :request_id;

-- name: forget_contents(site_id, ended_before)$
-- What requests said, once it is not needed any more: their keys are destroyed, the register stays.
with gone as (
    update data_request set wrapped_key = null, sealed_content = null, sealed_mail = null, subject_hash = null, copy_hash = null
    where site_id = :site_id and ended_at < :ended_before and wrapped_key is not null
    returning request_id
), proofs as (
    delete from request_proof
    where request_proof.site_id = :site_id and request_proof.request_id in (select gone.request_id from gone)
)
select count(*) from gone;

-- name: enqueue_letter(site_id, mail_id, request_id, reason, due_at, expires_at)!
with rung as (
    select pg_notify('outbox', '')
)
insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at, expires_at)
select :site_id, :mail_id, :request_id, 'notice', 'queued', :reason, :due_at, :expires_at from rung;

-- name: find_subjects(site_id, mail_hash, mailbox_hash)
-- The persons behind a mailbox: of the exact address, and of its other spellings in messages.
select person.person_id, coalesce(person.wrapped_key, person.frozen_key) as wrapped_key, person.sealed_mail,
    person.frozen_at, person.created_at
from person
where person.site_id = :site_id and person.mail_hash = :mail_hash
    and coalesce(person.wrapped_key, person.frozen_key) is not null
union
select person.person_id, coalesce(person.wrapped_key, person.frozen_key) as wrapped_key, person.sealed_mail,
    person.frozen_at, person.created_at
from message
join conversation on conversation.site_id = message.site_id and conversation.conversation_id = message.conversation_id
join person on person.site_id = message.site_id and person.person_id = message.sender_id
where message.site_id = :site_id and message.mailbox_hash = :mailbox_hash and message.side = 'buyer'
    and coalesce(person.wrapped_key, person.frozen_key) is not null;

-- name: read_person(site_id, person_id)^
select person_id, coalesce(wrapped_key, frozen_key) as wrapped_key, sealed_mail, frozen_at, created_at
from person
where site_id = :site_id and person_id = :person_id and coalesce(wrapped_key, frozen_key) is not null;

-- name: find_person_of_message(site_id, message_id, side)^
-- The person of one side of a message's conversation, with what opens their address.
select person.person_id, person.wrapped_key, person.sealed_mail
from message
join conversation on conversation.site_id = message.site_id and conversation.conversation_id = message.conversation_id
join listing on listing.site_id = message.site_id and listing.listing_id = conversation.listing_id
join person on person.site_id = message.site_id
    and person.person_id = case :side::text when 'buyer' then conversation.buyer_id else listing.advertiser_id end
where message.site_id = :site_id and message.message_id = :message_id;

-- name: count_of_persons(site_id, person_ids)^
-- What is held of persons, counted; a conversation is theirs on either side.
with own as (
    select conversation.conversation_id from conversation
    where conversation.site_id = :site_id and conversation.buyer_id = any(:person_ids::uuid[])
    union
    select conversation.conversation_id from listing
    join conversation on conversation.site_id = listing.site_id and conversation.listing_id = listing.listing_id
    where listing.site_id = :site_id and listing.advertiser_id = any(:person_ids::uuid[])
), said as (
    select message.message_id from own
    join message on message.site_id = :site_id and message.conversation_id = own.conversation_id
        and message.sender_id = any(:person_ids::uuid[])
)
select
    (select count(*) from said) as messages,
    (select count(*) from own) as conversations,
    (select count(*) from said join message_file on message_file.site_id = :site_id and message_file.message_id = said.message_id) as files,
    (select count(*) from sender_trace where sender_trace.site_id = :site_id and sender_trace.sender_id = any(:person_ids::uuid[])) as traces,
    (select count(*) from listing where listing.site_id = :site_id and listing.advertiser_id = any(:person_ids::uuid[])) as listings,
    (select count(*) from report where report.site_id = :site_id and report.reporter_id = any(:person_ids::uuid[])) as reports,
    (select count(*) from inbound where inbound.site_id = :site_id and inbound.owner_id = any(:person_ids::uuid[])) as inbound;

-- name: count_by_phone(site_id, phone_hash, person_ids)^
-- Messages under the same phone that other persons wrote: a phone is shared, and proves nobody.
select count(*) as messages, count(distinct message.sender_id) as persons from message
where message.site_id = :site_id and message.phone_hash = :phone_hash and message.sender_id <> all(:person_ids::uuid[]);

-- name: list_said(site_id, person_ids)
-- Every message of the conversations of persons, theirs and those they received, oldest first.
with own as (
    select conversation.conversation_id, conversation.listing_id, conversation.buyer_id from conversation
    where conversation.site_id = :site_id and conversation.buyer_id = any(:person_ids::uuid[])
    union
    select conversation.conversation_id, conversation.listing_id, conversation.buyer_id from listing
    join conversation on conversation.site_id = listing.site_id and conversation.listing_id = listing.listing_id
    where listing.site_id = :site_id and listing.advertiser_id = any(:person_ids::uuid[])
)
select message.message_id, message.conversation_id, message.sender_id, message.side, message.sealed_content,
    message.policy_version, message.received_at, message.score, message.signals,
    coalesce(sender.wrapped_key, sender.frozen_key) as sender_key,
    listing.listing_id, listing.ref, listing.title, listing.ended_at, listing.advertiser_id,
    listing.sealed_advertiser, own.buyer_id,
    case when message.side = 'buyer' then own.buyer_id else listing.advertiser_id end as writer_id,
    coalesce(advertiser.wrapped_key, advertiser.frozen_key) as advertiser_key,
    coalesce(buyer.wrapped_key, buyer.frozen_key) as buyer_key, buyer.sealed_mail as buyer_mail,
    outbox.state, outbox.reason, outbox.settled_at
from own
join message on message.site_id = :site_id and message.conversation_id = own.conversation_id
join listing on listing.site_id = :site_id and listing.listing_id = own.listing_id
join person as sender on sender.site_id = :site_id and sender.person_id = message.sender_id
join person as buyer on buyer.site_id = :site_id and buyer.person_id = own.buyer_id
join person as advertiser on advertiser.site_id = :site_id and advertiser.person_id = listing.advertiser_id
left join outbox on outbox.site_id = :site_id and outbox.mail_id = message.message_id
order by message.message_id;

-- name: list_own_traces(site_id, person_ids)
select sender_trace.message_id, sender_trace.sender_id, sender_trace.sealed_origin, sender_trace.received_at,
    coalesce(person.wrapped_key, person.frozen_key) as sender_key, message.policy_version, listing.ended_at
from sender_trace
join person on person.site_id = sender_trace.site_id and person.person_id = sender_trace.sender_id
left join message on message.site_id = sender_trace.site_id and message.message_id = sender_trace.message_id
left join conversation on conversation.site_id = message.site_id and conversation.conversation_id = message.conversation_id
left join listing on listing.site_id = conversation.site_id and listing.listing_id = conversation.listing_id
where sender_trace.site_id = :site_id and sender_trace.sender_id = any(:person_ids::uuid[])
order by sender_trace.message_id;

-- name: list_own_listings(site_id, person_ids)
select listing.listing_id, listing.ref, listing.title, listing.details, listing.url, listing.state, listing.show_phone,
    listing.advertiser_id, listing.sealed_advertiser, listing.ended_at, listing.updated_at,
    coalesce(person.wrapped_key, person.frozen_key) as wrapped_key
from listing
join person on person.site_id = listing.site_id and person.person_id = listing.advertiser_id
where listing.site_id = :site_id and listing.advertiser_id = any(:person_ids::uuid[])
order by listing.listing_id;

-- name: list_own_reports(site_id, person_ids)
select report.report_id, report.message_id, report.reporter_id, report.category, report.sealed_note, report.created_at,
    coalesce(person.wrapped_key, person.frozen_key) as wrapped_key
from report
join person on person.site_id = report.site_id and person.person_id = report.reporter_id
where report.site_id = :site_id and report.reporter_id = any(:person_ids::uuid[])
order by report.report_id;

-- name: list_own_files(site_id, message_ids)
select message_id, number, kind, sealed_content from message_file
where site_id = :site_id and message_id = any(:message_ids::uuid[])
order by message_id, number;

-- name: list_cases_of(site_id, message_ids)
-- Cases about messages: looks name them.
select case_id from report_case where site_id = :site_id and message_id = any(:message_ids::uuid[]);

-- name: list_looks_at(site_id, subjects)
-- When and why staff looked at these public ids; never who.
select action, split_part(subject, ' ', 1) as subject, reason, at from look
where site_id = :site_id and split_part(subject, ' ', 1) = any(:subjects::text[])
order by number;
