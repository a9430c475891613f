-- name: add_consent(site_id, consent_id, person_id, purpose, policy_version, given_at, ends_at, sealed_record)!
insert into consent (site_id, consent_id, person_id, purpose, policy_version, given_at, ends_at, sealed_record)
values (:site_id, :consent_id, :person_id, :purpose, :policy_version, :given_at, :ends_at, :sealed_record);

-- name: withdraw_consents(site_id, person_id, purpose, at)!
update consent set withdrawn_at = :at
where site_id = :site_id and person_id = :person_id and purpose = :purpose and withdrawn_at is null and ends_at > :at;

-- name: list_consents(site_id, person_id)
-- Every record of a person, newest first, with what opens it.
select consent.consent_id, consent.purpose, consent.policy_version, consent.given_at, consent.ends_at, consent.withdrawn_at,
    consent.sealed_record, person.wrapped_key
from consent
join person on person.site_id = consent.site_id and person.person_id = consent.person_id
where consent.site_id = :site_id and consent.person_id = :person_id
order by consent.given_at desc, consent.consent_id desc;

-- name: list_own_consents(site_id, person_ids)
-- Every record of persons, oldest first, for whoever has opened their keys.
select consent_id, person_id, purpose, policy_version, given_at, ends_at, withdrawn_at, sealed_record
from consent
where site_id = :site_id and person_id = any(:person_ids::uuid[])
order by given_at, consent_id;

-- name: list_objections(site_id, mailbox_hashes)
select purpose, since, ended_at from objection
where site_id = :site_id and mailbox_hash = any(:mailbox_hashes::bytea[])
order by since, purpose;

-- name: lock_person(site_id, person_id)^
-- Somebody who says something now: what they say against it at the same moment waits, or was said before.
select person_id, wrapped_key, sealed_mail from person where site_id = :site_id and person_id = :person_id
for no key update;

-- name: end_objection(site_id, mailbox_hash, at)!
-- An express consent is newer than the objection to what it is for.
update objection set ended_at = :at
where site_id = :site_id and mailbox_hash = :mailbox_hash and purpose = 'statistics' and ended_at is null;

-- name: answering_time(site_id, person_id, since, as_of)^
-- From the times of messages alone: how long a person's first answers take, while they consent to it.
with asked as (
    select thread.conversation_id, first.received_at
    from listing
    cross join lateral (
        select conversation.conversation_id from conversation
        where conversation.site_id = :site_id and conversation.listing_id = listing.listing_id offset 0
    ) as thread
    cross join lateral (
        select message.received_at from message
        where message.site_id = :site_id and message.conversation_id = thread.conversation_id
        order by message.message_id limit 1
    ) as first
    where listing.site_id = :site_id and listing.advertiser_id = :person_id and first.received_at >= :since
        and exists (select 1 from consent
            where consent.site_id = :site_id and consent.person_id = :person_id and consent.purpose = 'answering_time'
                and consent.withdrawn_at is null and consent.ends_at > :as_of)
), answered as (
    select answer.received_at - asked.received_at as took
    from asked
    cross join lateral (
        select message.received_at from message
        where message.site_id = :site_id and message.conversation_id = asked.conversation_id and message.side = 'advertiser'
        order by message.message_id limit 1
    ) as answer
)
select count(*)::int as answers, percentile_cont(0.5) within group (order by took) as median from answered;

-- name: forget_consents(oldest)$
-- Records are kept as proof for a year after their end, of all sites alike.
with gone as (
    delete from consent where least(ends_at, withdrawn_at) < :oldest and site_id is not null returning 1
)
select count(*) from gone;
