-- Look-ups by exact keys, newest first, one page at a time: each asks an index in its own order, per key.
-- None opens a text; ids come first, what a page shows of them is read apart (describe_messages).

-- name: find_by_phone(site_id, keys, before_id, first_id, most)
select found.message_id from unnest(:keys::bytea[]) as asked (key)
cross join lateral (
    select message.message_id from message
    where message.site_id = :site_id and message.phone_hash = asked.key
        and message.message_id < :before_id and message.message_id >= :first_id
    order by message.message_id desc limit :most
) as found
order by found.message_id desc limit :most;

-- name: find_by_mailbox(site_id, keys, before_id, first_id, most)
select found.message_id from unnest(:keys::bytea[]) as asked (key)
cross join lateral (
    select message.message_id from message
    where message.site_id = :site_id and message.mailbox_hash = asked.key
        and message.message_id < :before_id and message.message_id >= :first_id
    order by message.message_id desc limit :most
) as found
order by found.message_id desc limit :most;

-- name: find_by_ip(site_id, keys, before_id, first_id, most)
select found.message_id from unnest(:keys::bytea[]) as asked (key)
cross join lateral (
    select sender_trace.message_id from sender_trace
    where sender_trace.site_id = :site_id and sender_trace.ip_hash = asked.key
        and sender_trace.message_id < :before_id and sender_trace.message_id >= :first_id
    order by sender_trace.message_id desc limit :most
) as found
order by found.message_id desc limit :most;

-- name: find_by_net(site_id, keys, before_id, first_id, most)
select found.message_id from unnest(:keys::bytea[]) as asked (key)
cross join lateral (
    select sender_trace.message_id from sender_trace
    where sender_trace.site_id = :site_id and sender_trace.net_hash = asked.key
        and sender_trace.message_id < :before_id and sender_trace.message_id >= :first_id
    order by sender_trace.message_id desc limit :most
) as found
order by found.message_id desc limit :most;

-- name: find_by_browser(site_id, keys, before_id, first_id, most)
select found.message_id from unnest(:keys::bytea[]) as asked (key)
cross join lateral (
    select sender_trace.message_id from sender_trace
    where sender_trace.site_id = :site_id and sender_trace.browser_hash = asked.key
        and sender_trace.message_id < :before_id and sender_trace.message_id >= :first_id
    order by sender_trace.message_id desc limit :most
) as found
order by found.message_id desc limit :most;

-- name: find_by_text(site_id, keys, before_id, first_id, most)
-- Keys are clusters of texts that are near the same.
select found.message_id from unnest(:keys::bytea[]) as asked (key)
cross join lateral (
    select text_mark.message_id from text_mark
    where text_mark.site_id = :site_id and text_mark.cluster_id = encode(asked.key, 'hex')::uuid
        and text_mark.message_id < :before_id and text_mark.message_id >= :first_id
    order by text_mark.message_id desc limit :most
) as found
order by found.message_id desc limit :most;

-- name: find_near(site_id, phones, mailboxes, ips, browsers, texts, first_id, most, shared_most)
-- The newest messages of each of many keys, for a picture: some of every key; with their phones where many may share a key.
select 'phone' as kind, asked.key, found.message_id, null::bytea as phone_hash from unnest(:phones::bytea[]) as asked (key)
cross join lateral (
    select message.message_id from message
    where message.site_id = :site_id and message.phone_hash = asked.key and message.message_id >= :first_id
    order by message.message_id desc limit :most
) as found
union all
select 'mailbox' as kind, asked.key, found.message_id, null::bytea as phone_hash from unnest(:mailboxes::bytea[]) as asked (key)
cross join lateral (
    select message.message_id from message
    where message.site_id = :site_id and message.mailbox_hash = asked.key and message.message_id >= :first_id
    order by message.message_id desc limit :most
) as found
union all
select 'ip' as kind, asked.key, found.message_id, found.phone_hash from unnest(:ips::bytea[]) as asked (key)
cross join lateral (
    select sender_trace.message_id, message.phone_hash from sender_trace
    join message on message.site_id = sender_trace.site_id and message.message_id = sender_trace.message_id
    where sender_trace.site_id = :site_id and sender_trace.ip_hash = asked.key and sender_trace.message_id >= :first_id
    order by sender_trace.message_id desc limit :shared_most
) as found
union all
select 'browser' as kind, asked.key, found.message_id, found.phone_hash from unnest(:browsers::bytea[]) as asked (key)
cross join lateral (
    select sender_trace.message_id, message.phone_hash from sender_trace
    join message on message.site_id = sender_trace.site_id and message.message_id = sender_trace.message_id
    where sender_trace.site_id = :site_id and sender_trace.browser_hash = asked.key and sender_trace.message_id >= :first_id
    order by sender_trace.message_id desc limit :shared_most
) as found
union all
select 'text' as kind, asked.key, found.message_id, null::bytea as phone_hash from unnest(:texts::bytea[]) as asked (key)
cross join lateral (
    select text_mark.message_id from text_mark
    where text_mark.site_id = :site_id and text_mark.cluster_id = encode(asked.key, 'hex')::uuid
        and text_mark.message_id >= :first_id
    order by text_mark.message_id desc limit :most
) as found;

-- name: find_by_listing(site_id, keys, before_id, first_id, most)
-- Keys are listings.
select said.message_id from unnest(:keys::bytea[]) as asked (key)
join conversation on conversation.site_id = :site_id and conversation.listing_id = encode(asked.key, 'hex')::uuid
cross join lateral (
    select message.message_id from message
    where message.site_id = :site_id and message.conversation_id = conversation.conversation_id
        and message.message_id < :before_id and message.message_id >= :first_id
    order by message.message_id desc limit :most
) as said
order by said.message_id desc limit :most;

-- name: find_by_message(site_id, keys, before_id, first_id, most)
-- Keys are messages.
select message.message_id from unnest(:keys::bytea[]) as asked (key)
join message on message.site_id = :site_id and message.message_id = encode(asked.key, 'hex')::uuid
where message.message_id < :before_id and message.message_id >= :first_id
order by message.message_id desc limit :most;

-- name: find_listing(site_id, ref)$
select listing_id from listing where site_id = :site_id and ref = :ref;

-- name: describe_messages(site_id, message_ids)
-- What a list shows of messages, newest first; its sealed values are opened to be masked.
select
    message.message_id, message.sender_id, message.side, message.score, message.signals, message.received_at, message.sealed_content,
    sender.wrapped_key, listing.listing_id, listing.ref, listing.title, listing.ended_at, outbox.state, outbox.reason, trace.sealed_origin, trace.sender_id as trace_sender_id,
    (select count(*) from report where report.site_id = message.site_id and report.message_id = message.message_id)::int as reports,
    hits.rules, hits.points
from unnest(:message_ids::uuid[]) as asked (message_id)
join message on message.site_id = :site_id and message.message_id = asked.message_id
join conversation on conversation.site_id = message.site_id and conversation.conversation_id = message.conversation_id
join listing on listing.site_id = message.site_id and listing.listing_id = conversation.listing_id
left join person as sender on sender.site_id = message.site_id and sender.person_id = message.sender_id
left join outbox on outbox.site_id = message.site_id and outbox.mail_id = message.message_id
left join sender_trace as trace on trace.site_id = message.site_id and trace.message_id = message.message_id
cross join lateral (
    select coalesce(array_agg(rule_hit.rule order by rule_hit.rule), '{}') as rules, coalesce(sum(rule_hit.points), 0)::int as points
    from rule_hit
    where rule_hit.site_id = message.site_id and rule_hit.message_id = message.message_id and rule_hit.is_live
) as hits
order by message.message_id desc;

-- name: read_bearers(site_id, message_ids)
-- Messages of which one sealed value each is opened, to name a key in a picture.
select
    message.message_id, message.sender_id, message.received_at, message.sealed_content, sender.wrapped_key,
    listing.ended_at, trace.sealed_origin, trace.sender_id as trace_sender_id
from unnest(:message_ids::uuid[]) as asked (message_id)
join message on message.site_id = :site_id and message.message_id = asked.message_id
join conversation on conversation.site_id = message.site_id and conversation.conversation_id = message.conversation_id
join listing on listing.site_id = message.site_id and listing.listing_id = conversation.listing_id
left join person as sender on sender.site_id = message.site_id and sender.person_id = message.sender_id
left join sender_trace as trace on trace.site_id = message.site_id and trace.message_id = message.message_id;

-- name: read_keys(site_id, message_ids)
-- Everything by which messages are linked to each other.
select
    message.message_id, message.conversation_id, message.side, message.received_at, cardinality(message.signals) as signals,
    message.phone_hash, message.mailbox_hash, trace.ip_hash, trace.net_hash, trace.browser_hash, mark.cluster_id, mark.is_short
from unnest(:message_ids::uuid[]) as asked (message_id)
join message on message.site_id = :site_id and message.message_id = asked.message_id
left join sender_trace as trace on trace.site_id = message.site_id and trace.message_id = message.message_id
left join text_mark as mark on mark.site_id = message.site_id and mark.message_id = message.message_id
order by message.message_id desc;

-- name: count_days(site_id, conversation_ids, message_ids, first_id)
-- What came back on these messages, by day: answers of the other side, and reports.
select answer.received_at as at, 'reply' as kind
from unnest(:conversation_ids::uuid[]) as asked (conversation_id)
join message as answer on answer.site_id = :site_id and answer.conversation_id = asked.conversation_id
where answer.side = 'advertiser' and answer.message_id >= :first_id
union all
select report.created_at as at, 'report' as kind
from unnest(:message_ids::uuid[]) as asked (message_id)
join report on report.site_id = :site_id and report.message_id = asked.message_id;

-- name: read_delivery(site_id, message_id)^
select
    message.message_id, message.received_at, message.side, message.language, listing.ref,
    outbox.state, outbox.reason, outbox.due_at, outbox.settled_at, outbox.expires_at
from message
join conversation on conversation.site_id = message.site_id and conversation.conversation_id = message.conversation_id
join listing on listing.site_id = message.site_id and listing.listing_id = conversation.listing_id
join outbox on outbox.site_id = message.site_id and outbox.mail_id = message.message_id
where message.site_id = :site_id and message.message_id = :message_id;

-- name: list_attempts(site_id, mail_id)
select number, route, phase, started_at, ended_at, tls, outcome, reason, code, enhanced
from attempt
where site_id = :site_id and mail_id = :mail_id
order by token;

-- name: read_sealed(site_id, message_id)^
-- A message and its trace, to be opened for a reason that was given.
select
    message.message_id, message.sender_id, message.sealed_content, sender.wrapped_key,
    trace.sealed_origin, trace.sender_id as trace_sender_id
from message
left join person as sender on sender.site_id = message.site_id and sender.person_id = message.sender_id
left join sender_trace as trace on trace.site_id = message.site_id and trace.message_id = message.message_id
where message.site_id = :site_id and message.message_id = :message_id;

-- name: last_marked(site_id)$
select message_id from mark_progress where site_id = :site_id;

-- name: note_marked(site_id, message_id)!
-- No further than the newest message: of a clock that was ahead, those to come would stand behind it.
insert into mark_progress (site_id, message_id)
select :site_id, least(:message_id, newest.message_id) from (
    select message.message_id from message where message.site_id = :site_id order by message.message_id desc limit 1
) as newest
on conflict (site_id) do update set message_id = greatest(mark_progress.message_id, excluded.message_id);

-- name: lock_marks(site_id)$
-- One marker of texts at a time for each site, until the transaction ends.
select pg_try_advisory_xact_lock(hashtextextended('texts ' || site_id::text, 0)) from site where site_id = :site_id;

-- name: wait_marks(site_id)$
-- The same, waiting for whoever marks now.
select pg_advisory_xact_lock(hashtextextended('texts ' || site_id::text, 0)) from site where site_id = :site_id;

-- name: find_marks(site_id, message_ids)
-- The cluster of each message that has one, and whose sender objected to having one (GDPR 21).
select message.message_id, mark.cluster_id,
    exists (select 1 from objection
        where objection.site_id = :site_id and objection.mailbox_hash = message.mailbox_hash
            and objection.purpose = 'security' and objection.ended_at is null) as is_objected
from unnest(:message_ids::uuid[]) as asked (message_id)
join message on message.site_id = :site_id and message.message_id = asked.message_id
left join text_mark as mark on mark.site_id = message.site_id and mark.message_id = message.message_id;

-- name: list_unmarked(site_id, first_id, most)
-- Messages, since an id, whose text was not looked at yet, oldest first; none of who objected to it (GDPR 21).
select message.message_id, message.sender_id, message.sealed_content, sender.wrapped_key
from message
cross join lateral (
    select person.wrapped_key from person
    where person.site_id = message.site_id and person.person_id = message.sender_id offset 0
) as sender
where message.site_id = :site_id and message.message_id >= :first_id
    and not exists (select 1 from text_mark
        where text_mark.site_id = :site_id and text_mark.message_id = message.message_id offset 0)
    and not exists (select 1 from objection
        where objection.site_id = :site_id and objection.mailbox_hash = message.mailbox_hash
            and objection.purpose = 'security' and objection.ended_at is null offset 0)
order by message.message_id
limit :most;

-- name: find_clusters(site_id, bands, most)
-- Clusters that share a band, some of each. A range of one band: its order is that of the primary key alone, which no
-- other index is then taken for while the planner knows little of the table.
select near.band, near.cluster_id, cluster.sketch
from unnest(:bands::bytea[]) as asked (band)
cross join lateral (
    select text_band.band, text_band.cluster_id from text_band
    where text_band.site_id = :site_id and text_band.band >= asked.band and text_band.band <= asked.band
    order by text_band.band, text_band.cluster_id limit :most
) as near
cross join lateral (
    select text_cluster.sketch from text_cluster
    where text_cluster.site_id = :site_id and text_cluster.cluster_id = near.cluster_id offset 0
) as cluster;

-- name: add_clusters(site_id, cluster_ids, sketches)!
insert into text_cluster (site_id, cluster_id, sketch)
select :site_id, made.cluster_id, made.sketch
from unnest(:cluster_ids::uuid[], :sketches::bytea[]) as made (cluster_id, sketch);

-- name: add_bands(site_id, bands, cluster_ids)!
insert into text_band (site_id, band, cluster_id)
select :site_id, made.band, made.cluster_id
from unnest(:bands::bytea[], :cluster_ids::uuid[]) as made (band, cluster_id)
on conflict do nothing;

-- name: add_marks(site_id, message_ids, cluster_ids, shorts)!
insert into text_mark (site_id, message_id, cluster_id, is_short)
select :site_id, made.message_id, made.cluster_id, made.is_short
from unnest(:message_ids::uuid[], :cluster_ids::uuid[], :shorts::boolean[]) as made (message_id, cluster_id, is_short)
on conflict do nothing;

-- name: page_marks(site_id, after_id, most)
select text_mark.message_id,
    exists (select 1 from message
        where message.site_id = text_mark.site_id and message.message_id = text_mark.message_id offset 0) as is_kept
from text_mark
where text_mark.site_id = :site_id and text_mark.message_id > :after_id
order by text_mark.message_id
limit :most;

-- name: forget_marks(site_id, message_ids)!
-- Marks of messages that are gone, and the clusters that have no message left.
with gone as (
    delete from text_mark
    where text_mark.site_id = :site_id and text_mark.message_id = any(:message_ids::uuid[])
    returning text_mark.message_id, text_mark.cluster_id
), empty as (
    select distinct gone.cluster_id from gone
    where not exists (select 1 from text_mark as other
        where other.site_id = :site_id and other.cluster_id = gone.cluster_id
            and other.message_id <> all(:message_ids::uuid[]))
), clusters as (
    delete from text_cluster
    where text_cluster.site_id = :site_id and text_cluster.cluster_id = any(array(select empty.cluster_id from empty))
    returning 1
)
delete from text_band
where text_band.site_id = :site_id and text_band.cluster_id = any(array(select empty.cluster_id from empty));

-- name: list_listings(site_id, keys, most)
-- The listings of advertisers with one of these phones, the newest first.
select listing.listing_id from listing
where listing.site_id = :site_id and listing.phone_hash = any(:keys::bytea[])
order by listing.listing_id desc
limit :most;

-- name: describe_listings(site_id, listing_ids)
-- What a list shows of listings; the advertiser is opened to be masked.
select
    listing.listing_id, listing.ref, listing.title, listing.details, listing.url, listing.language, listing.state,
    listing.show_phone, listing.advertiser_id, listing.sealed_advertiser, listing.updated_at, person.wrapped_key, person.sealed_mail
from unnest(:listing_ids::uuid[]) as asked (listing_id)
join listing on listing.site_id = :site_id and listing.listing_id = asked.listing_id
left join person on person.site_id = listing.site_id and person.person_id = listing.advertiser_id
order by listing.listing_id desc;

-- name: count_listing(site_id, listing_id)
-- The messages of a listing by where they are, and how many of them were reported.
select coalesce(outbox.state, 'purged') as state, count(*)::int as messages, count(distinct conversation.conversation_id)::int as conversations,
    (count(*) filter (where exists (select 1 from report
        where report.site_id = message.site_id and report.message_id = message.message_id offset 0)))::int as reported
from conversation
join message on message.site_id = conversation.site_id and message.conversation_id = conversation.conversation_id
left join outbox on outbox.site_id = message.site_id and outbox.mail_id = message.message_id
where conversation.site_id = :site_id and conversation.listing_id = :listing_id
group by 1
order by messages desc, state;

-- name: list_unhashed(site_id, most)
-- Listings of before they could be found by a phone; whose advertiser is frozen waits until they are not.
select listing.listing_id, listing.ref, listing.advertiser_id, listing.sealed_advertiser, person.wrapped_key
from listing
left join person on person.site_id = listing.site_id and person.person_id = listing.advertiser_id
where listing.site_id = :site_id and listing.phone_hash is null
    and (person.wrapped_key is not null or person.frozen_key is null)
order by listing.listing_id
limit :most;

-- name: hash_listings(site_id, listing_ids, phone_hashes)!
update listing set phone_hash = asked.phone_hash
from unnest(:listing_ids::uuid[], :phone_hashes::bytea[]) as asked (listing_id, phone_hash)
where listing.site_id = :site_id and listing.listing_id = asked.listing_id and listing.phone_hash is null;

-- name: list_message_acts(site_id, message_id)
-- What staff did to a message, oldest first.
select desk_act.action, desk_act.at, desk_act.undone_at from desk_act
where desk_act.site_id = :site_id and desk_act.message_ids @> array[:message_id::uuid]
order by desk_act.act_id;
