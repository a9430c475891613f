-- The demonstration's past, written at once: what a site's own months would have left.

-- name: settle_past(site_id, message_ids, took_s)!
-- Give messages that ended the end they had, and the attempt that led to it.
with ended as (
    update outbox set settled_at = message.received_at + make_interval(secs => asked.took_s)
    from unnest(:message_ids::uuid[], :took_s::float8[]) as asked (message_id, took_s)
    cross join lateral (
        select said.received_at from message as said
        where said.site_id = :site_id and said.message_id = asked.message_id offset 0
    ) as message
    where outbox.site_id = :site_id and outbox.mail_id = asked.message_id and outbox.state <> 'held'
    returning outbox.site_id, outbox.mail_id, outbox.state, outbox.reason, message.received_at, outbox.settled_at
)
insert into attempt (site_id, mail_id, token, number, route, phase, started_at, ended_at, tls, outcome, reason, code, provider)
select site_id, mail_id, nextval('outbox_token'), 1, 'demo', 'quit', received_at, settled_at, 'TLSv1.3', state, reason,
    case state when 'delivered' then 250 else 550 end,
    ('{google,google,google,orange,orange,microsoft,free,sfr,yahoo,la_poste,others}'::text[])[1 + abs(hashtext(mail_id::text)) % 11]
from ended where state in ('delivered', 'bounced');

-- name: add_past_answers(site_id, message_ids, asked_ids, sealed_contents, mailbox_hashes, text_hashes, received_ats)!
-- What advertisers answered, each to one of the messages asked; found by a range of one id, whose order only the primary
-- key has, since this runs before PostgreSQL has any figures of the table.
with answers as (
    select made.message_id, question.conversation_id, listing.advertiser_id, listing.language, made.sealed_content,
        made.mailbox_hash, made.text_hash, question.policy_version, made.received_at
    from unnest(:message_ids::uuid[], :asked_ids::uuid[], :sealed_contents::bytea[], :mailbox_hashes::bytea[],
        :text_hashes::bytea[], :received_ats::timestamptz[])
        as made (message_id, asked_id, sealed_content, mailbox_hash, text_hash, received_at)
    cross join lateral (
        select message.conversation_id, message.policy_version from message
        where message.site_id = :site_id and message.message_id between made.asked_id and made.asked_id
        order by message.message_id limit 1
    ) as question
    cross join lateral (
        select conversation.listing_id from conversation
        where conversation.site_id = :site_id and conversation.conversation_id = question.conversation_id offset 0
    ) as about
    cross join lateral (
        select ad.advertiser_id, ad.language from listing as ad
        where ad.site_id = :site_id and ad.listing_id = about.listing_id offset 0
    ) as listing
), written as (
    insert into message (site_id, message_id, conversation_id, side, sender_id, language, sealed_content,
        mailbox_hash, text_hash, policy_version, score, signals, received_at)
    select :site_id, message_id, conversation_id, 'advertiser', advertiser_id, language, sealed_content,
        mailbox_hash, text_hash, policy_version, 0, '{}', received_at
    from answers
)
insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at, expires_at, settled_at)
select :site_id, message_id, message_id, 'reply', 'delivered', 'delivered', received_at, received_at + interval '5 days', received_at
from answers;

-- name: list_advertisers(site_id)
select listing.ref, listing.listing_id, listing.advertiser_id, person.wrapped_key
from listing
join person on person.site_id = listing.site_id and person.person_id = listing.advertiser_id
where listing.site_id = :site_id;
