-- The rights desk: requests, proofs, what is held of a person, what is done about it (relay/rights).
-- Of a person everything is found by an index: mail hash, mailbox of their messages, conversations, traces. Plans are made
-- once, for anybody: persons are looked up one by one (unnest, lateral), since of an array of them the planner thinks so much
-- that it would rather read every conversation of the site.

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
    wrapped_key, sealed_content, sealed_mail, kept_ids
from data_request where site_id = :site_id and request_id = :request_id;

-- name: lock_request(site_id, request_id)^
-- The same, for a step: nobody else takes one meanwhile.
select request_id, door, kind, language, state, received_at, due_on, paused_at, paused_days, proved_at, extended_at,
    decided_by, decided_at, ground, acts_at, answered_at, link_until, ended_at, contested_at, changed_at, subject_hash,
    wrapped_key, sealed_content, sealed_mail, kept_ids
from data_request where site_id = :site_id and request_id = :request_id
for update;

-- name: find_request_by_copy(site_id, copy_hash)$
select request_id from data_request where site_id = :site_id and copy_hash = :copy_hash;

-- name: read_line(site_id, request_id)^
-- One request as the register has it.
select request_id, door, kind, state, received_at, due_on, paused_at, paused_days, proved_at, extended_at, decided_by,
    decided_at, ground, acts_at, answered_at, link_until, ended_at, contested_at, changed_at
from data_request where site_id = :site_id and request_id = :request_id;

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

-- name: note_kept(site_id, request_id, kept_ids)!
update data_request set kept_ids = :kept_ids where site_id = :site_id and request_id = :request_id;

-- name: add_event(site_id, event_id, request_id, event, state, actor, reason, at)!
insert into request_event (site_id, event_id, request_id, event, state, actor, reason, at)
values (:site_id, :event_id, :request_id, :event, :state, :actor, :reason, :at);

-- name: list_events(site_id, request_id)
select event, state, actor, reason, at from request_event
where site_id = :site_id and request_id = :request_id
order by event_id;

-- name: list_twin_requests(site_id, request_id, subject_hash, kind)
-- Earlier requests of the same kind, proved and not answered yet.
select request_id from data_request
where site_id = :site_id and subject_hash = :subject_hash and kind = :kind and request_id < :request_id
    and state in ('received', 'accepted') and proved_at is not null
order by request_id;

-- name: find_open_request(site_id, subject_hash, kind)^
-- The newest request of a mailbox that a mail may be an answer to: proved once, not answered yet, and for no other right.
select request_id from data_request
where site_id = :site_id and subject_hash = :subject_hash and state in ('received', 'identity_pending', 'accepted')
    and proved_at is not null and coalesce(kind = :kind::text, true)
order by request_id desc limit 1;

-- name: count_codes(site_id, subject_hash, since)$
-- How many codes a mailbox was sent lately, with those that the same requests had sent before.
select coalesce(sum(request_proof.sent), 0)::int from data_request
join request_proof on request_proof.site_id = data_request.site_id and request_proof.request_id = data_request.request_id
where data_request.site_id = :site_id and data_request.subject_hash = :subject_hash
    and request_proof.expires_at > :since;

-- name: put_proof(site_id, request_id, address, code_hash, sealed_code, expires_at)^
-- No row of an address that is proved: it needs no other code.
insert into request_proof (site_id, request_id, address, code_hash, sealed_code, expires_at)
values (:site_id, :request_id, :address, :code_hash, :sealed_code, :expires_at)
on conflict (site_id, request_id, address) do update set code_hash = excluded.code_hash,
    sealed_code = excluded.sealed_code, expires_at = excluded.expires_at, tries = 0, sent = request_proof.sent + 1
where request_proof.proved_at is null
returning address;

-- name: forget_proof(site_id, request_id)!
-- The address concerned is to be proved once more.
update request_proof set proved_at = null
where site_id = :site_id and request_id = :request_id and address = 'own';

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

-- name: list_restrictions(site_id, subject_hash)
-- Restrictions that last; of one mailbox, where it is named.
select request_id from data_request
where site_id = :site_id and state = 'ready' and kind = 'restriction'
    and (:subject_hash::bytea is null or subject_hash = :subject_hash)
order by request_id;

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

-- name: note_reminded(site_id, request_id, reminded)^
-- No row when that reminder was written already.
update data_request set reminded = :reminded
where site_id = :site_id and request_id = :request_id and reminded < :reminded
returning request_id;

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

-- name: enqueue_letter(site_id, mail_id, request_id, reason, life)!
-- Due by the clock of the database, as every mail (F54).
with rung as (
    select pg_notify('outbox', '')
)
insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at, expires_at)
select :site_id, :mail_id, :request_id, 'notice', 'queued', :reason, now(), now() + :life::interval from rung;

-- name: find_subjects(site_id, mail_hash, mailbox_hash)
-- The persons behind a mailbox: of the exact address, of its other spellings in messages, and those under whom lies
-- what an erasure asked from it had to keep.
with found as (
    select person.person_id from person
    where person.site_id = :site_id and person.mail_hash = :mail_hash
    union
    select message.sender_id from message
    where message.site_id = :site_id and message.mailbox_hash = :mailbox_hash and message.side = 'buyer'
    union
    select kept.person_id from data_request cross join lateral unnest(data_request.kept_ids) as kept (person_id)
    where data_request.site_id = :site_id and data_request.subject_hash = :mailbox_hash
        and data_request.state = 'partly_held'
)
select person.person_id, coalesce(person.wrapped_key, person.frozen_key) as wrapped_key, person.sealed_mail,
    person.frozen_at, person.created_at,
    exists (select 1 from data_request
        where data_request.site_id = :site_id and data_request.state = 'partly_held'
            and person.person_id = any(data_request.kept_ids) offset 0) as is_kept
from found
cross join lateral (
    select one.person_id, one.wrapped_key, one.frozen_key, one.sealed_mail, one.frozen_at, one.created_at from person as one
    where one.site_id = :site_id and one.person_id = found.person_id offset 0
) as person
where coalesce(person.wrapped_key, person.frozen_key) is not null
order by person.person_id;

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
-- What is held of persons, counted; a conversation is theirs on either side, a listing that changed
-- hands or not.
with own as (
    select conversation.conversation_id from unnest(:person_ids::uuid[]) as who (person_id)
    cross join lateral (
        select bought.conversation_id, bought.listing_id, bought.buyer_id from conversation as bought
        where bought.site_id = :site_id and bought.buyer_id = who.person_id offset 0
    ) as conversation
    union
    select thread.conversation_id from listing
    cross join lateral (
        select conversation.conversation_id from conversation
        where conversation.site_id = :site_id and conversation.listing_id = listing.listing_id offset 0
    ) as thread
    where listing.site_id = :site_id and listing.advertiser_id = any(:person_ids::uuid[])
    union
    select message.conversation_id from message
    where message.site_id = :site_id and message.sender_id = any(:person_ids::uuid[]) and message.side = 'advertiser'
), said as (
    select words.message_id from own
    cross join lateral (
        select message.message_id from message
        where message.site_id = :site_id and message.conversation_id = own.conversation_id
            and message.sender_id = any(:person_ids::uuid[]) offset 0
    ) as words
)
select
    (select count(*) from said) as messages,
    (select count(*) from own) as conversations,
    (select count(*) from said cross join lateral (
        select 1 from message_file
        where message_file.site_id = :site_id and message_file.message_id = said.message_id offset 0
    ) as file) as files,
    (select count(*) from sender_trace where sender_trace.site_id = :site_id and sender_trace.sender_id = any(:person_ids::uuid[])) as traces,
    (select count(*) from listing where listing.site_id = :site_id and listing.advertiser_id = any(:person_ids::uuid[])) as listings,
    (select count(*) from report where report.site_id = :site_id
        and (report.reporter_id = any(:person_ids::uuid[]) or report.giver_id = any(:person_ids::uuid[]))) as reports,
    (select count(*) from report_case where report_case.site_id = :site_id and report_case.appellant_id = any(:person_ids::uuid[])) as appeals,
    (select count(*) from inbound where inbound.site_id = :site_id and inbound.owner_id = any(:person_ids::uuid[])) as inbound;

-- name: count_by_phone(site_id, phone_hash, person_ids)^
-- Messages under the same phone that other persons wrote: a phone is shared, and proves nobody.
select count(*) as messages, count(distinct message.sender_id) as persons from message
where message.site_id = :site_id and message.phone_hash = :phone_hash and message.sender_id <> all(:person_ids::uuid[]);

-- name: list_said(site_id, person_ids)
-- Every message of the conversations of persons, theirs and those they received, oldest first. Of a listing that
-- changed hands: until they answered last, for what came after is between others.
with thread as (
    select conversation.conversation_id, conversation.listing_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid as last_id
    from unnest(:person_ids::uuid[]) as who (person_id)
    cross join lateral (
        select bought.conversation_id, bought.listing_id, bought.buyer_id from conversation as bought
        where bought.site_id = :site_id and bought.buyer_id = who.person_id offset 0
    ) as conversation
    union all
    select there.conversation_id, listing.listing_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid from listing
    cross join lateral (
        select conversation.conversation_id from conversation
        where conversation.site_id = :site_id and conversation.listing_id = listing.listing_id offset 0
    ) as there
    where listing.site_id = :site_id and listing.advertiser_id = any(:person_ids::uuid[])
    union all
    select there.conversation_id, there.listing_id, answer.message_id from message as answer
    cross join lateral (
        select conversation.conversation_id, conversation.listing_id from conversation
        where conversation.site_id = :site_id and conversation.conversation_id = answer.conversation_id offset 0
    ) as there
    where answer.site_id = :site_id and answer.sender_id = any(:person_ids::uuid[]) and answer.side = 'advertiser'
), own as (
    select distinct on (thread.conversation_id) thread.conversation_id, thread.listing_id, thread.last_id from thread
    order by thread.conversation_id, thread.last_id desc
)
select message.message_id, own.conversation_id, message.sender_id, message.side, message.sealed_content,
    message.policy_version, message.received_at,
    coalesce(sender.wrapped_key, sender.frozen_key) as sender_key,
    listing.ref, listing.title, listing.ended_at, listing.advertiser_id, listing.sealed_advertiser,
    coalesce(advertiser.wrapped_key, advertiser.frozen_key) as advertiser_key,
    outbox.state
from own
cross join lateral (
    select said.message_id, said.sender_id, said.side, said.sealed_content, said.policy_version, said.received_at
    from message as said
    where said.site_id = :site_id and said.conversation_id = own.conversation_id and said.message_id <= own.last_id offset 0
) as message
join listing on listing.site_id = :site_id and listing.listing_id = own.listing_id
join person as sender on sender.site_id = :site_id and sender.person_id = message.sender_id
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
-- Reports persons made, of their own conversations or from outside.
select report.report_id, report.message_id, coalesce(report.reporter_id, report.giver_id) as reporter_id, report.category,
    report.sealed_note, report.sealed_details, report.created_at
from report
where report.site_id = :site_id
    and (report.reporter_id = any(:person_ids::uuid[]) or report.giver_id = any(:person_ids::uuid[]))
order by report.report_id;

-- name: list_own_appeals(site_id, person_ids)
-- What persons said against decisions.
select report_case.message_id, report_case.appellant_id, report_case.sealed_appeal, report_case.appealed_at
from report_case
where report_case.site_id = :site_id and report_case.appellant_id = any(:person_ids::uuid[])
order by report_case.case_id;

-- name: list_own_files(site_id, message_ids)
select message_id, number, kind, sealed_content from message_file
where site_id = :site_id and message_id = any(:message_ids::uuid[])
order by message_id, number;

-- name: list_cases_of(site_id, message_ids)
-- Cases about messages: looks name them.
select case_id from report_case where site_id = :site_id and message_id = any(:message_ids::uuid[]);

-- name: list_looks_at(site_id, subjects)
-- When and why staff looked at these public ids; never who. The journal has no index by subject, and is read once:
-- inside OR the ids are hashed; as a join, or as an array, each row would be compared with each of them.
select action, split_part(subject, ' ', 1) as subject, reason, at from look
where site_id = :site_id
    and (split_part(subject, ' ', 1) in (select asked.id from unnest(:subjects::text[]) as asked (id)) or false)
order by number;

-- name: own_messages(site_id, person_ids, as_of)
-- Messages that persons wrote, of listings too that changed hands since, and whether a hold keeps each.
with own as (
    select conversation.conversation_id, conversation.listing_id, conversation.buyer_id
    from unnest(:person_ids::uuid[]) as who (person_id)
    cross join lateral (
        select bought.conversation_id, bought.listing_id, bought.buyer_id from conversation as bought
        where bought.site_id = :site_id and bought.buyer_id = who.person_id offset 0
    ) as conversation
    union
    select thread.conversation_id, thread.listing_id, thread.buyer_id from listing
    cross join lateral (
        select conversation.conversation_id, conversation.listing_id, conversation.buyer_id from conversation
        where conversation.site_id = :site_id and conversation.listing_id = listing.listing_id offset 0
    ) as thread
    where listing.site_id = :site_id and listing.advertiser_id = any(:person_ids::uuid[])
    union
    select thread.conversation_id, thread.listing_id, thread.buyer_id from message as answer
    cross join lateral (
        select conversation.conversation_id, conversation.listing_id, conversation.buyer_id from conversation
        where conversation.site_id = :site_id and conversation.conversation_id = answer.conversation_id offset 0
    ) as thread
    where answer.site_id = :site_id and answer.sender_id = any(:person_ids::uuid[]) and answer.side = 'advertiser'
)
select message.message_id, own.conversation_id, message.sender_id, message.sealed_content, message.received_at,
    message.policy_version, own.listing_id, own.buyer_id, listing.ended_at,
    is_held(:site_id, message.message_id, :as_of) as held
from own
cross join lateral (
    select said.message_id, said.sender_id, said.sealed_content, said.received_at, said.policy_version
    from message as said
    where said.site_id = :site_id and said.conversation_id = own.conversation_id
        and said.sender_id = any(:person_ids::uuid[]) offset 0
) as message
join listing on listing.site_id = :site_id and listing.listing_id = own.listing_id
order by message.message_id;

-- name: own_traces(site_id, person_ids, as_of)
-- Traces of persons, and whether a hold keeps each.
select sender_trace.message_id, sender_trace.sender_id, sender_trace.sealed_origin, sender_trace.received_at,
    message.policy_version, listing.ended_at,
    is_held(:site_id, sender_trace.message_id, :as_of) or exists (select 1 from legal_hold
        where legal_hold.site_id = :site_id and legal_hold.blocks_until > :as_of
            and legal_hold.scope = 'person' and legal_hold.subject_id = sender_trace.sender_id offset 0) as held
from sender_trace
left join message on message.site_id = sender_trace.site_id and message.message_id = sender_trace.message_id
left join conversation on conversation.site_id = message.site_id and conversation.conversation_id = message.conversation_id
left join listing on listing.site_id = conversation.site_id and listing.listing_id = conversation.listing_id
where sender_trace.site_id = :site_id and sender_trace.sender_id = any(:person_ids::uuid[])
order by sender_trace.message_id;

-- name: own_listings(site_id, person_ids, as_of)
-- Listings of persons, and whether a hold keeps each, or anything said about it.
select listing.listing_id, listing.ref, listing.advertiser_id, listing.sealed_advertiser, listing.ended_at,
    exists (select 1 from legal_hold
        where legal_hold.site_id = :site_id and legal_hold.blocks_until > :as_of
            and legal_hold.subject_id in (listing.listing_id, listing.advertiser_id) offset 0)
    or exists (select 1 from conversation
        join legal_hold on legal_hold.site_id = :site_id and legal_hold.blocks_until > :as_of
            and legal_hold.subject_id in (conversation.conversation_id, conversation.buyer_id)
        where conversation.site_id = :site_id and conversation.listing_id = listing.listing_id offset 0)
    or exists (select 1 from held_messages(:site_id, :as_of) as held
        join message on message.site_id = :site_id and message.message_id = held.message_id
        join conversation on conversation.site_id = :site_id and conversation.conversation_id = message.conversation_id
        where conversation.listing_id = listing.listing_id offset 0) as held
from listing
where listing.site_id = :site_id and listing.advertiser_id = any(:person_ids::uuid[])
order by listing.listing_id;

-- name: own_reports(site_id, person_ids, as_of)
-- Reports persons made, and whether a hold keeps the message they speak of.
select report.report_id, coalesce(report.reporter_id, report.giver_id) as reporter_id, report.sealed_note,
    report.sealed_details, report.created_at, report.message_id, message.conversation_id,
    is_held(:site_id, report.message_id, :as_of) as held
from report
left join message on message.site_id = :site_id and message.message_id = report.message_id
where report.site_id = :site_id
    and (report.reporter_id = any(:person_ids::uuid[]) or report.giver_id = any(:person_ids::uuid[]))
order by report.report_id;

-- name: own_appeals(site_id, person_ids, as_of)
-- What persons said against decisions, and whether a hold keeps the message these speak of.
select report_case.case_id, report_case.message_id, report_case.appellant_id, report_case.sealed_appeal,
    message.conversation_id, is_held(:site_id, report_case.message_id, :as_of) as held
from report_case
left join message on message.site_id = :site_id and message.message_id = report_case.message_id
where report_case.site_id = :site_id and report_case.appellant_id = any(:person_ids::uuid[])
order by report_case.case_id;

-- name: own_inbound(site_id, person_ids, as_of)
-- Mails persons sent that are still kept as they came, and whether a hold keeps each.
select inbound.inbound_id, inbound.owner_id, inbound.sealed_raw, inbound.received_at,
    exists (select 1 from legal_hold
        left join conversation on conversation.site_id = :site_id and conversation.conversation_id = inbound.conversation_id
        left join listing on listing.site_id = :site_id and listing.listing_id = conversation.listing_id
        where legal_hold.site_id = :site_id and legal_hold.blocks_until > :as_of and legal_hold.subject_id in
            (inbound.conversation_id, inbound.owner_id, conversation.buyer_id, listing.listing_id, listing.advertiser_id) offset 0) as held
from inbound
where inbound.site_id = :site_id and inbound.owner_id = any(:person_ids::uuid[])
order by inbound.inbound_id;

-- name: own_conversations(site_id, person_ids, as_of)
-- Conversations of persons on either side, and whether a hold keeps each.
with own as (
    select conversation.conversation_id, conversation.buyer_id, ad.listing_id, ad.advertiser_id
    from unnest(:person_ids::uuid[]) as who (person_id)
    cross join lateral (
        select bought.conversation_id, bought.listing_id, bought.buyer_id from conversation as bought
        where bought.site_id = :site_id and bought.buyer_id = who.person_id offset 0
    ) as conversation
    cross join lateral (
        select listing.listing_id, listing.advertiser_id from listing
        where listing.site_id = :site_id and listing.listing_id = conversation.listing_id offset 0
    ) as ad
    union
    select thread.conversation_id, thread.buyer_id, listing.listing_id, listing.advertiser_id from listing
    cross join lateral (
        select conversation.conversation_id, conversation.buyer_id from conversation
        where conversation.site_id = :site_id and conversation.listing_id = listing.listing_id offset 0
    ) as thread
    where listing.site_id = :site_id and listing.advertiser_id = any(:person_ids::uuid[])
)
select own.conversation_id, own.buyer_id, own.listing_id, own.advertiser_id,
    exists (select 1 from legal_hold
        where legal_hold.site_id = :site_id and legal_hold.blocks_until > :as_of and legal_hold.subject_id in
            (own.conversation_id, own.listing_id, own.buyer_id, own.advertiser_id) offset 0)
    or exists (select 1 from message
        where message.site_id = :site_id and message.conversation_id = own.conversation_id
            and is_held(:site_id, message.message_id, :as_of) offset 0) as held
from own
order by own.conversation_id;

-- name: held_persons(site_id, person_ids, as_of)
-- Those of these persons of whom a hold keeps all, whatever there is.
select distinct subject_id from legal_hold
where site_id = :site_id and blocks_until > :as_of and scope = 'person' and subject_id = any(:person_ids::uuid[]);

-- name: last_hold_end(site_id, subject_ids, as_of)$
-- When the last of the holds on these ends.
select max(greatest(blocks_until, ends_at)) from legal_hold
where site_id = :site_id and blocks_until > :as_of and subject_id = any(:subject_ids::uuid[]);

-- name: move_messages(site_id, message_ids, sealed_contents, sender_id)!
-- Messages that are kept go on under another key.
update message set sealed_content = moved.sealed_content, sender_id = :sender_id
from unnest(:message_ids::uuid[], :sealed_contents::bytea[]) as moved (message_id, sealed_content)
where message.site_id = :site_id and message.message_id = moved.message_id;

-- name: move_files(site_id, message_ids, numbers, sealed_contents)!
update message_file set sealed_content = moved.sealed_content
from unnest(:message_ids::uuid[], :numbers::smallint[], :sealed_contents::bytea[]) as moved (message_id, number, sealed_content)
where message_file.site_id = :site_id and message_file.message_id = moved.message_id and message_file.number = moved.number;

-- name: move_traces(site_id, message_ids, sealed_origins, sender_id)!
update sender_trace set sealed_origin = moved.sealed_origin, sender_id = :sender_id
from unnest(:message_ids::uuid[], :sealed_origins::bytea[]) as moved (message_id, sealed_origin)
where sender_trace.site_id = :site_id and sender_trace.message_id = moved.message_id;

-- name: move_listings(site_id, listing_ids, sealed_advertisers, advertiser_id)!
update listing set sealed_advertiser = moved.sealed_advertiser, advertiser_id = :advertiser_id, state = 'closed',
    ended_at = coalesce(listing.ended_at, now()), updated_at = now()
from unnest(:listing_ids::uuid[], :sealed_advertisers::bytea[]) as moved (listing_id, sealed_advertiser)
where listing.site_id = :site_id and listing.listing_id = moved.listing_id;

-- name: move_reports(site_id, report_ids, sealed_notes, sealed_details, reporter_id)!
update report set sealed_note = moved.sealed_note, sealed_details = moved.sealed_details,
    reporter_id = case when report.reporter_id is not null then :reporter_id::uuid end,
    giver_id = case when report.giver_id is not null then :reporter_id::uuid end
from unnest(:report_ids::uuid[], :sealed_notes::bytea[], :sealed_details::bytea[])
    as moved (report_id, sealed_note, sealed_details)
where report.site_id = :site_id and report.report_id = moved.report_id;

-- name: move_appeals(site_id, case_ids, sealed_appeals, appellant_id)!
update report_case set sealed_appeal = moved.sealed_appeal, appellant_id = :appellant_id
from unnest(:case_ids::uuid[], :sealed_appeals::bytea[]) as moved (case_id, sealed_appeal)
where report_case.site_id = :site_id and report_case.case_id = moved.case_id;

-- name: forget_appeals(site_id, ids)^
-- What was said against decisions goes; that it was said, and how it ended, stays with the case.
with appeals as (
    update report_case set sealed_appeal = null, appellant_id = null
    where report_case.site_id = :site_id and report_case.case_id = any(:ids::uuid[])
    returning 1
)
select (select count(*) from appeals) as report_case;

-- name: move_inbound(site_id, inbound_ids, sealed_raws, owner_id)!
update inbound set sealed_raw = moved.sealed_raw, owner_id = :owner_id
from unnest(:inbound_ids::uuid[], :sealed_raws::bytea[]) as moved (inbound_id, sealed_raw)
where inbound.site_id = :site_id and inbound.inbound_id = moved.inbound_id;

-- name: move_buyers(site_id, conversation_ids, person_ids, buyer_id)!
update conversation set buyer_id = :buyer_id
where site_id = :site_id and conversation_id = any(:conversation_ids::uuid[]) and buyer_id = any(:person_ids::uuid[]);

-- name: move_holds(site_id, person_ids, subject_id)!
-- A hold on a person goes on, on what is kept of them.
update legal_hold set subject_id = :subject_id
where site_id = :site_id and scope = 'person' and subject_id = any(:person_ids::uuid[]);

-- name: end_conversations(site_id, conversation_ids, at)!
-- Nothing passes any more: mails under way are withdrawn, aliases are unknown, and no side, though it ended it before, lets it go on.
with ended as (
    update conversation set blocked_at = coalesce(blocked_at, :at), blocked_by = null
    where conversation.site_id = :site_id and conversation.conversation_id = any(:conversation_ids::uuid[])
), addresses as (
    delete from reply_address
    where reply_address.site_id = :site_id and reply_address.conversation_id = any(:conversation_ids::uuid[])
)
delete from reveal
where reveal.site_id = :site_id and reveal.conversation_id = any(:conversation_ids::uuid[]);

-- name: blank_listings(site_id, listing_ids)!
-- What is left of a listing while conversations need its row: nothing its advertiser wrote.
update listing set title = '', details = '', url = null, sealed_advertiser = '', phone_hash = '', state = 'closed',
    show_phone = false, ended_at = coalesce(ended_at, now()), updated_at = now()
where site_id = :site_id and listing_id = any(:listing_ids::uuid[]);

-- name: destroy_keys(site_id, person_ids, request_id, erased_at)
-- The keys of persons, and their addresses; their rows go with the next purge. Written into the log of erasures.
with gone as (
    update person set wrapped_key = null, frozen_key = null, frozen_at = null, sealed_mail = null,
        mail_hash = uuid_send(gen_random_uuid())
    where person.site_id = :site_id and person.person_id = any(:person_ids::uuid[])
        and coalesce(person.wrapped_key, person.frozen_key) is not null
    returning person.person_id
), known as (
    delete from known_address
    where known_address.site_id = :site_id and known_address.person_id = any(:person_ids::uuid[])
)
insert into erasure_log (site_id, person_id, request_id, erased_at)
select :site_id, gone.person_id, :request_id, :erased_at from gone
on conflict (site_id, person_id) do nothing
returning person_id;

-- name: add_certificate(site_id, certificate_id, request_id, body, signature)!
insert into erasure_certificate (site_id, certificate_id, request_id, body, signature)
values (:site_id, :certificate_id, :request_id, :body, :signature);

-- name: last_certificate(site_id, request_id)^
select body, signature from erasure_certificate
where site_id = :site_id and request_id = :request_id
order by certificate_id desc limit 1;

-- name: freeze_persons(site_id, person_ids, at)
-- Their keys are set aside: nothing of theirs is opened, mailed or shown until they are put back.
update person set frozen_key = wrapped_key, wrapped_key = null, frozen_at = :at
where site_id = :site_id and person_id = any(:person_ids::uuid[]) and wrapped_key is not null
returning person_id;

-- name: unfreeze_persons(site_id, person_ids)
update person set wrapped_key = frozen_key, frozen_key = null, frozen_at = null
where site_id = :site_id and person_id = any(:person_ids::uuid[]) and wrapped_key is null and frozen_key is not null
returning person_id;

-- name: thaw(site_id, oldest_id, expires_at)
-- What a restriction kept back, of conversations in which nobody is frozen any more: it leaves, and what is too old to
-- be claimed ends. Returns the messages that end, for their writers to be told.
with waiting as (
    select outbox.mail_id from outbox
    join message on message.site_id = :site_id and message.message_id = outbox.message_id
    join conversation on conversation.site_id = :site_id and conversation.conversation_id = message.conversation_id
    join listing on listing.site_id = :site_id and listing.listing_id = conversation.listing_id
    where outbox.site_id = :site_id and outbox.state = 'held'
        and (outbox.reason = 'frozen' or (outbox.kind in ('notice', 'reader_notice') and 'frozen' = (
            select attempt.reason from attempt
            where attempt.site_id = :site_id and attempt.mail_id = outbox.mail_id
            order by attempt.token desc limit 1)))
        and not exists (select 1 from person
            where person.site_id = :site_id and person.frozen_at is not null
                and person.person_id in (message.sender_id, conversation.buyer_id, listing.advertiser_id))
), thawed as (
    update outbox set
        state = case when outbox.mail_id < :oldest_id then 'expired' else 'queued' end,
        reason = case when outbox.kind in ('notice', 'reader_notice') then outbox.reason  -- it is rendered from it
            when outbox.mail_id < :oldest_id then 'frozen_over' else 'released' end,
        settled_at = case when outbox.mail_id < :oldest_id then now() end,
        due_at = now(), expires_at = :expires_at, crashes = 0
    from waiting
    where outbox.site_id = :site_id and outbox.mail_id = waiting.mail_id and outbox.state = 'held'
    returning outbox.mail_id, outbox.message_id, outbox.kind, outbox.state
)
select thawed.mail_id, message.mailbox_hash from thawed
join message on message.site_id = :site_id and message.message_id = thawed.message_id
where thawed.state = 'expired' and thawed.kind in ('contact', 'reply');

-- name: add_objection(site_id, mailbox_hash, purpose, request_id, since)!
insert into objection (site_id, mailbox_hash, purpose, request_id, since)
values (:site_id, :mailbox_hash, :purpose, :request_id, :since)
on conflict (site_id, mailbox_hash, purpose) do update
    set request_id = excluded.request_id, since = excluded.since, ended_at = null
where objection.ended_at is not null;

-- name: follow_objections(site_id, former_hash, mailbox_hash)!
-- What the owner of a mailbox objects to, they object to at their new one.
insert into objection (site_id, mailbox_hash, purpose, request_id, since)
select objection.site_id, :mailbox_hash, objection.purpose, objection.request_id, objection.since from objection
where objection.site_id = :site_id and objection.mailbox_hash = :former_hash and objection.ended_at is null
on conflict (site_id, mailbox_hash, purpose) do update
    set request_id = excluded.request_id, since = excluded.since, ended_at = null
where objection.ended_at is not null;

-- name: lock_persons(site_id, person_ids)!
-- What persons say of the same thing at the same moment is taken one after the other.
select person.person_id from person
where person.site_id = :site_id and person.person_id = any(:person_ids::uuid[])
order by person.person_id
for no key update;

-- name: is_objected(site_id, mailbox_hash, purpose)$
select exists (select 1 from objection
    where site_id = :site_id and mailbox_hash = :mailbox_hash and purpose = :purpose and ended_at is null);

-- name: is_any_objected(site_id, purpose)$
-- Whether anybody objects to a thing at all.
select exists (select 1 from objection where site_id = :site_id and purpose = :purpose and ended_at is null);

-- name: list_objected_traces(site_id, versions, as_of, most)
-- Connection data of mailboxes whose owners objected to it, under these versions of the policy, unless a hold keeps it.
select sender_trace.message_id
from objection
cross join lateral (
    select said.message_id from message as said
    where said.site_id = :site_id and said.mailbox_hash = objection.mailbox_hash
        and said.policy_version = any(:versions::integer[]) offset 0
) as message
join sender_trace on sender_trace.site_id = :site_id and sender_trace.message_id = message.message_id
where objection.site_id = :site_id and objection.purpose = 'traces' and objection.ended_at is null
    and not is_held(:site_id, sender_trace.message_id, :as_of)
    and not exists (select 1 from legal_hold
        where legal_hold.site_id = :site_id and legal_hold.blocks_until > :as_of
            and legal_hold.scope = 'person' and legal_hold.subject_id = sender_trace.sender_id)
limit :most;

-- name: forget_marks_of(site_id, mailbox_hash)!
-- Texts of a mailbox are compared with no others any more.
delete from text_mark
where site_id = :site_id and message_id = any(array(
    select message.message_id from message
    where message.site_id = :site_id and message.mailbox_hash = :mailbox_hash));

-- name: correct_person(site_id, person_id, mail_hash, sealed_mail)!
update person set mail_hash = :mail_hash, sealed_mail = :sealed_mail
where site_id = :site_id and person_id = :person_id;

-- name: correct_messages(site_id, message_ids, sealed_contents, mailbox_hashes, phone_hashes)!
update message set sealed_content = given.sealed_content, mailbox_hash = given.mailbox_hash, phone_hash = given.phone_hash
from unnest(:message_ids::uuid[], :sealed_contents::bytea[], :mailbox_hashes::bytea[], :phone_hashes::bytea[])
    as given (message_id, sealed_content, mailbox_hash, phone_hash)
where message.site_id = :site_id and message.message_id = given.message_id;

-- name: correct_listings(site_id, listing_ids, sealed_advertisers, phone_hash)!
update listing set sealed_advertiser = given.sealed_advertiser, phone_hash = coalesce(:phone_hash, listing.phone_hash),
    updated_at = now()
from unnest(:listing_ids::uuid[], :sealed_advertisers::bytea[]) as given (listing_id, sealed_advertiser)
where listing.site_id = :site_id and listing.listing_id = given.listing_id;

-- name: own_words(site_id, person_ids)
-- What persons wrote as buyers, to be corrected.
select message.message_id, message.sender_id, message.sealed_content, message.mailbox_hash, message.phone_hash
from unnest(:person_ids::uuid[]) as who (person_id)
cross join lateral (
    select bought.conversation_id, bought.listing_id, bought.buyer_id from conversation as bought
    where bought.site_id = :site_id and bought.buyer_id = who.person_id offset 0
) as conversation
cross join lateral (
    select said.message_id, said.sender_id, said.sealed_content, said.mailbox_hash, said.phone_hash
    from message as said
    where said.site_id = :site_id and said.conversation_id = conversation.conversation_id
        and said.sender_id = conversation.buyer_id offset 0
) as message
order by message.message_id;

-- name: due_requests(site_id, after_id, before_id, before_at, most)
select request_id as id from data_request
where site_id = :site_id and request_id > :after_id and request_id < :before_id and received_at < :before_at
    and ended_at is not null
order by request_id
limit :most;

-- name: delete_requests(site_id, ids)^
-- The register's rows with their history and certificates.
with requests as (
    delete from data_request where data_request.site_id = :site_id and data_request.request_id = any(:ids::uuid[])
    returning 1
), events as (
    delete from request_event where request_event.site_id = :site_id and request_event.request_id = any(:ids::uuid[])
), certificates as (
    delete from erasure_certificate
    where erasure_certificate.site_id = :site_id and erasure_certificate.request_id = any(:ids::uuid[])
), erasures as (
    delete from erasure_log where erasure_log.site_id = :site_id and erasure_log.request_id = any(:ids::uuid[])
), documents as (
    delete from identity_document where identity_document.site_id = :site_id
        and identity_document.request_id = any(:ids::uuid[])
), proofs as (
    delete from request_proof where request_proof.site_id = :site_id and request_proof.request_id = any(:ids::uuid[])
)
select (select count(*) from requests) as data_request;

-- name: oldest_requests(site_id)$
select received_at from data_request where site_id = :site_id order by request_id limit 1;

-- name: forget_unproved(site_id, ended_before)$
-- Requests that nobody ever proved are nobody's: not even the register keeps them.
with gone as (
    delete from data_request
    where site_id = :site_id and state = 'expired' and proved_at is null and ended_at < :ended_before
    returning request_id
), events as (
    delete from request_event where request_event.site_id = :site_id
        and request_event.request_id in (select gone.request_id from gone)
), documents as (
    delete from identity_document where identity_document.site_id = :site_id
        and identity_document.request_id in (select gone.request_id from gone)
), proofs as (
    delete from request_proof where request_proof.site_id = :site_id
        and request_proof.request_id in (select gone.request_id from gone)
)
select count(*) from gone;

-- name: count_unread_mails(site_id)$
select count(*) from data_request where site_id = :site_id and state = 'received' and sealed_mail is not null;

-- name: forget_mail(site_id, request_id)!
update data_request set sealed_mail = null where site_id = :site_id and request_id = :request_id;

-- name: count_erased(site_id)^
-- Who was erased, and who of them can be read all the same: nobody, unless a backup was restored.
select count(*) as erased, count(person.wrapped_key) as readable from erasure_log
left join person on person.site_id = erasure_log.site_id and person.person_id = erasure_log.person_id
where erasure_log.site_id = :site_id;

-- name: ask_document(site_id, request_id, asked_by, asked_at)!
insert into identity_document (site_id, request_id, asked_by, asked_at)
values (:site_id, :request_id, :asked_by, :asked_at)
on conflict (site_id, request_id) do update set asked_by = excluded.asked_by, asked_at = excluded.asked_at,
    given_at = null, kind = null, sealed_content = null;

-- name: read_document(site_id, request_id)^
select asked_at, given_at, deleted_at, kind, sealed_content from identity_document
where site_id = :site_id and request_id = :request_id;

-- name: keep_document(site_id, request_id, given_at, kind, sealed_content)!
update identity_document set given_at = :given_at, kind = :kind, sealed_content = :sealed_content, deleted_at = null
where site_id = :site_id and request_id = :request_id;

-- name: delete_document(site_id, request_id, at)!
-- That there was one stays: when it was asked for, given and deleted (GDPR 5(2)).
update identity_document set sealed_content = null, deleted_at = :at
where site_id = :site_id and request_id = :request_id and sealed_content is not null;
