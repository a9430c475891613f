-- name: claim(site_limit, total_limit, lease_s, oldest_id, route, suspects)
-- Lease due mails, a few of every site so that no flood delays another, replies first, and note each attempt before it connects.
-- Suspects are mails whose last claim ended in a crash: they are taken one by one, apart from the others.
with due as (
    select mail.site_id, mail.mail_id, mail.state
    from site cross join lateral (
        select reply.site_id, reply.mail_id, reply.state, reply.due_at, 0 as rank from (
            select outbox.site_id, outbox.mail_id, outbox.state, outbox.due_at
            from outbox
            where outbox.site_id = site.site_id and outbox.state in ('queued', 'deferred', 'sending')
                and outbox.kind = 'reply' and outbox.due_at <= now() and outbox.mail_id >= :oldest_id
                and (outbox.crashes > 0 or outbox.state = 'sending') = :suspects
            order by outbox.due_at
            limit :site_limit
            for update skip locked
        ) as reply
        union all
        select other.site_id, other.mail_id, other.state, other.due_at, 1 as rank from (
            select outbox.site_id, outbox.mail_id, outbox.state, outbox.due_at
            from outbox
            where outbox.site_id = site.site_id and outbox.state in ('queued', 'deferred', 'sending')
                and outbox.kind <> 'reply' and outbox.due_at <= now() and outbox.mail_id >= :oldest_id
                and (outbox.crashes > 0 or outbox.state = 'sending') = :suspects
            order by outbox.due_at
            limit :site_limit
            for update skip locked
        ) as other
    ) as mail
    where not exists (select 1 from route where route.route = :route and route.paused_until > now())
    order by row_number() over (partition by mail.site_id order by mail.rank, mail.due_at), mail.due_at
    limit :total_limit
), claimed as (
    update outbox set
        state = 'sending',
        due_at = now() + make_interval(secs => :lease_s),
        token = nextval('outbox_token'),
        tries = outbox.tries + 1,
        crashes = outbox.crashes + (due.state = 'sending')::int
    from due
    where outbox.site_id = due.site_id and outbox.mail_id = due.mail_id
    returning outbox.site_id, outbox.mail_id, outbox.message_id, outbox.kind, outbox.token, outbox.tries,
        outbox.crashes, outbox.ambiguous, outbox.expires_at, outbox.delay_told
), noted as (
    insert into attempt (site_id, mail_id, token, number, route, phase)
    select claimed.site_id, claimed.mail_id, claimed.token, claimed.tries, :route, 'claimed' from claimed
)
select
    claimed.site_id, claimed.mail_id, claimed.message_id, claimed.kind, claimed.token, claimed.tries,
    claimed.crashes, claimed.ambiguous, now() as claimed_at, claimed.expires_at, claimed.delay_told,
    (select earlier.phase from attempt as earlier
        where earlier.site_id = claimed.site_id and earlier.mail_id = claimed.mail_id and earlier.outcome is null
        order by (earlier.phase = 'data') desc, earlier.token desc limit 1) as cut_phase
from claimed;

-- name: mark_data(site_ids, mail_ids, tokens)
-- Note that content is about to leave; only the holder of the lease may, so a stale worker gets no row back.
-- (select 'sending'), here and below: rows are found by their key, not by a walk through all that is due.
with held as (
    select outbox.site_id, outbox.mail_id, outbox.token
    from unnest(:site_ids::uuid[], :mail_ids::uuid[], :tokens::bigint[]) as asked (site_id, mail_id, token)
    join outbox on outbox.site_id = asked.site_id and outbox.mail_id = asked.mail_id and outbox.token = asked.token
    where outbox.state = (select 'sending') and outbox.due_at > now() + interval '5 seconds'
)
update attempt set phase = 'data'
from held
where attempt.site_id = held.site_id and attempt.mail_id = held.mail_id and attempt.token = held.token
returning attempt.mail_id;

-- name: extend(site_ids, mail_ids, tokens, lease_s)
-- Keep the leases of mails still under way; those whose token is no longer ours do not come back.
update outbox set due_at = now() + make_interval(secs => :lease_s)
from unnest(:site_ids::uuid[], :mail_ids::uuid[], :tokens::bigint[]) as asked (site_id, mail_id, token)
where outbox.site_id = asked.site_id and outbox.mail_id = asked.mail_id and outbox.token = asked.token
    and outbox.state = (select 'sending')
returning outbox.mail_id;

-- name: settle(outcomes)
-- Write outcomes; each UPDATE guards on state and token. Returns the mails whose outcome was taken.
with outcome as (
    select given.* from unnest(:outcomes::mail_outcome[]) as given
), settled as (
    update outbox set
        state = outcome.state,
        -- A notice is rendered from its reason: it keeps it; what servers said of it is in attempt.
        reason = case when outbox.kind in ('notice', 'reader_notice') then outbox.reason else outcome.reason end,
        due_at = case when outcome.wait_s is null then outbox.due_at else now() + make_interval(secs => outcome.wait_s) end,
        tries = outbox.tries - outcome.untried::int,
        crashes = case when outcome.crashed then outbox.crashes + 1 when outcome.untried then outbox.crashes else 0 end,
        ambiguous = outbox.ambiguous + outcome.ambiguous::int,
        delay_told = outbox.delay_told or outcome.notice_id is not null,
        settled_at = case when outcome.wait_s is null then now() end
    from outcome
    where outbox.site_id = outcome.site_id and outbox.mail_id = outcome.mail_id
        and outbox.token = outcome.token and outbox.state = (select 'sending')
    returning outbox.site_id, outbox.mail_id, outbox.message_id, outbox.token
), noted as (
    update attempt set ended_at = now(), phase = outcome.phase, route = coalesce(outcome.route, attempt.route), tls = outcome.tls, outcome = outcome.outcome,
        reason = outcome.reason, code = outcome.code, enhanced = outcome.enhanced, provider = outcome.provider
    from outcome
    where attempt.site_id = outcome.site_id and attempt.mail_id = outcome.mail_id and attempt.token = outcome.token
        and attempt.outcome is null
), cut as (
    -- Attempts that a crash left open end with the next outcome: ambiguous when content may have left.
    update attempt set ended_at = now(), reason = 'crashed',
        outcome = case when attempt.phase = 'data' then 'ambiguous' else 'crashed' end
    from settled
    where attempt.site_id = settled.site_id and attempt.mail_id = settled.mail_id
        and attempt.token < settled.token and attempt.outcome is null
), suppressed as (
    insert into suppression (site_id, mail_hash, reason, expires_at)
    select distinct on (outcome.site_id, outcome.suppress_hash)
        outcome.site_id, outcome.suppress_hash, outcome.reason, now() + interval '90 days'
    from outcome join settled using (site_id, mail_id) where outcome.suppress_hash is not null
    on conflict (site_id, mail_hash) do update set expires_at = excluded.expires_at, reason = excluded.reason
        where suppression.expires_at < excluded.expires_at
), first_today as (
    insert into told (site_id, told_hash)
    select distinct outcome.site_id, outcome.told_hash
    from outcome join settled using (site_id, mail_id) where outcome.notice_id is not null
    on conflict do nothing
    returning site_id, told_hash
), notices as (
    insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at, expires_at)
    select distinct on (outcome.site_id, outcome.told_hash)
        outcome.site_id, outcome.notice_id, settled.message_id, 'notice', 'queued', outcome.notice, now(), now() + interval '5 days'
    from outcome join settled using (site_id, mail_id) join first_today using (site_id, told_hash)
)
select mail_id from settled;

-- name: read_mails(site_ids, mail_ids)
-- Everything a mail is rendered from, as it stands now: the newest title, address and choice about the phone.
-- A contact, a reply and a reader's notice go to the other side than wrote; receipts and notices go back to who wrote.
-- Earlier words of the same writer are read again, so that a number split over two mails is seen.
-- News of a report is for whoever reported, who may have the listing no more.
-- People are read behind OFFSET 0: each by the whole key, whatever the planner knows of a young table.
select
    outbox.site_id, outbox.mail_id, outbox.kind, outbox.reason,
    message.message_id, message.conversation_id, message.side, message.sender_id, sender.wrapped_key as sender_key,
    message.language, message.sealed_content, message.mailbox_hash, message.policy_version, message.received_at,
    conversation.buyer_id, conversation.blocked_at, buyer.wrapped_key as buyer_key, buyer.sealed_mail as buyer_mail,
    listing.listing_id, listing.ref, listing.title, listing.url, listing.language as listing_language, listing.state as listing_state,
    listing.show_phone, listing.sealed_advertiser, listing.advertiser_id, advertiser.wrapped_key as advertiser_key,
    recipient.mail_hash as recipient_hash,
    coalesce(sender.frozen_at, buyer.frozen_at, advertiser.frozen_at) is not null as is_frozen,
    (select suppression.expires_at > now() from suppression where suppression.site_id = outbox.site_id
        and suppression.mail_hash = recipient.mail_hash) is true as suppressed,
    outbox.kind = 'reader_notice' and outbox.reason ~ '^(report|appeal)' and not exists (
        select 1 from report where report.site_id = message.site_id and report.message_id = message.message_id
            and report.reporter_id = case message.side when 'buyer' then listing.advertiser_id else conversation.buyer_id end
    ) as is_of_another,
    exists (select 1 from reveal where reveal.site_id = message.site_id
        and reveal.conversation_id = message.conversation_id and reveal.side = 'advertiser'
        and reveal.person_id = listing.advertiser_id) as advertiser_reveals,
    exists (select 1 from reveal where reveal.site_id = message.site_id
        and reveal.conversation_id = message.conversation_id and reveal.side = 'buyer'
        and reveal.person_id = conversation.buyer_id) as buyer_reveals,
    (select count(*) from message_file where message_file.site_id = message.site_id
        and message_file.message_id = message.message_id)::int as files,
    earlier.message_ids as earlier_ids, earlier.sealed_contents as earlier_contents,
    heard.message_id as heard_id, heard.sender_id as heard_sender_id, heard.sealed_content as heard_content,
    heard.language as heard_language, heard.wrapped_key as heard_key
from unnest(:site_ids::uuid[], :mail_ids::uuid[]) as asked (site_id, mail_id)
join outbox on outbox.site_id = asked.site_id and outbox.mail_id = asked.mail_id
join message on message.site_id = outbox.site_id and message.message_id = outbox.message_id
join conversation on conversation.site_id = message.site_id and conversation.conversation_id = message.conversation_id
cross join lateral (
    select ad.listing_id, ad.ref, ad.title, ad.url, ad.language, ad.state, ad.show_phone, ad.sealed_advertiser, ad.advertiser_id
    from listing as ad
    where ad.site_id = conversation.site_id and ad.listing_id = conversation.listing_id offset 0
) as listing
cross join lateral (
    select person.wrapped_key, person.frozen_at from person
    where person.site_id = message.site_id and person.person_id = message.sender_id offset 0
) as sender
cross join lateral (
    select person.wrapped_key, person.frozen_at, person.sealed_mail, person.mail_hash from person
    where person.site_id = conversation.site_id and person.person_id = conversation.buyer_id offset 0
) as buyer
cross join lateral (
    select person.wrapped_key, person.frozen_at, person.mail_hash from person
    where person.site_id = conversation.site_id and person.person_id = listing.advertiser_id offset 0
) as advertiser
cross join lateral (
    select case when (outbox.kind in ('contact', 'reply', 'reader_notice')) = (message.side = 'buyer')
        then advertiser.mail_hash else buyer.mail_hash end as mail_hash
) as recipient
left join lateral (
    select array_agg(said.message_id order by said.message_id) as message_ids,
        array_agg(said.sealed_content order by said.message_id) as sealed_contents
    from (
        select before.message_id, before.sealed_content from message as before
        where before.site_id = message.site_id and before.conversation_id = message.conversation_id
            and before.message_id < message.message_id and before.sender_id = message.sender_id
            -- The first message of a conversation bears its id: nothing stands before it.
            and message.message_id <> message.conversation_id and outbox.kind in ('contact', 'reply')
            -- Nor is anything said by whoever nobody vouched for: a forged sender would count as an address of theirs.
            and not exists (select 1 from outbox as unowned
                where unowned.site_id = before.site_id and unowned.mail_id = before.message_id
                    and unowned.reason in ('stranger', 'not_confirmed', 'disowned') offset 0)
        order by before.message_id desc limit 3
    ) as said
) as earlier on true
left join lateral (
    select last.message_id, last.sender_id, last.sealed_content, last.language, writer.wrapped_key
    from message as last
    left join person as writer on writer.site_id = last.site_id and writer.person_id = last.sender_id
    where last.site_id = message.site_id and last.conversation_id = message.conversation_id
        and last.message_id < message.message_id and last.side <> message.side
        and last.sender_id = case last.side when 'buyer' then conversation.buyer_id else listing.advertiser_id end
        and (select passed.state from outbox as passed
            where passed.site_id = last.site_id and passed.mail_id = last.message_id
            ) in ('queued', 'sending', 'deferred', 'delivered', 'unconfirmed')
        and message.message_id <> message.conversation_id and outbox.kind <> 'contact'
    order by last.message_id desc limit 1
) as heard on true;

-- name: pause_route(route, base_s, most_s, reason)^
-- Hold every mail of a next hop, twice as long each time until one is taken; returns the pause in force, in seconds.
insert into route (route, paused_until, reason, pauses)
values (:route, now() + make_interval(secs => :base_s), :reason, 1)
on conflict (route) do update set
    paused_until = case when route.paused_until > now() then route.paused_until
        else now() + make_interval(secs => least(:most_s, :base_s * 2 ^ least(route.pauses, 10))) end,
    pauses = case when route.paused_until > now() then route.pauses else route.pauses + 1 end,
    reason = excluded.reason
returning greatest(0, extract(epoch from paused_until - now()))::float8 as pause_s, pauses;

-- name: resume_route(route)!
-- Forget past pauses once a mail was taken; a pause still in force stays.
update route set paused_until = null, pauses = 0
where route = :route and pauses > 0 and (paused_until is null or paused_until <= now());

-- name: read_routes()
select route, paused_until, reason, pauses from route order by route;

-- name: expire_held(most)
-- End some holds that nobody released in their time, and say whom to tell: nobody of a notice, nor of a stranger's reply.
-- What a restriction keeps back waits as long as that lasts (thaw, GDPR 18): nobody could have released it.
with due as (
    select outbox.site_id, outbox.mail_id from outbox
    where outbox.state = 'held' and outbox.due_at <= now() and outbox.reason <> 'frozen'
        -- A notice keeps the reason it is rendered from: its last attempt says what holds it.
        and (outbox.kind not in ('notice', 'reader_notice') or 'frozen' is distinct from (
            select attempt.reason from attempt
            where attempt.site_id = outbox.site_id and attempt.mail_id = outbox.mail_id
            order by attempt.token desc limit 1))
    order by outbox.due_at
    limit :most
    for update skip locked
), ended as (
    update outbox set state = 'expired', settled_at = now(),
        reason = case when outbox.reason = 'stranger' then 'not_confirmed' else 'hold_over' end
    from due
    where outbox.site_id = due.site_id and outbox.mail_id = due.mail_id
    returning outbox.site_id, outbox.mail_id, outbox.message_id, outbox.kind, outbox.reason
)
select ended.site_id, ended.mail_id, 'expired:hold_over' as news, message.mailbox_hash,
    ended.kind in ('contact', 'reply') and ended.reason = 'hold_over' as is_told
from ended
left join message on message.site_id = ended.site_id and message.message_id = ended.message_id;

-- name: expire_left(left_before, most)
-- End some of what should have left before a time and nobody claims any more; content that may have left is not said to be
-- lost. A notice is rendered from its reason: it keeps it. Says whom to tell, and of what.
with due as (
    select outbox.site_id, outbox.mail_id from outbox
    where outbox.state in ('queued', 'deferred', 'sending') and outbox.expires_at < :left_before
        and (outbox.state <> 'sending' or outbox.due_at < :left_before)
    limit :most
    for update skip locked
), ended as (
    update outbox set settled_at = now(),
        state = case when outbox.ambiguous > 0 or outbox.state = 'sending' then 'unconfirmed' else 'expired' end,
        reason = case when outbox.kind in ('notice', 'reader_notice') then outbox.reason
            when outbox.ambiguous > 0 or outbox.state = 'sending' then 'ambiguous' else 'expired' end
    from due
    where outbox.site_id = due.site_id and outbox.mail_id = due.mail_id
    returning outbox.site_id, outbox.mail_id, outbox.message_id, outbox.kind, outbox.state || ':' || outbox.reason as news
)
select ended.site_id, ended.mail_id, ended.news, message.mailbox_hash, ended.kind in ('contact', 'reply') as is_told
from ended
left join message on message.site_id = ended.site_id and message.message_id = ended.message_id;

-- name: list_held(site_id)
-- What waits for a person, oldest first: ids, listings and reasons, never words of persons. What a frozen party keeps back waits for nobody else.
select outbox.mail_id, outbox.reason, outbox.due_at as held_until, message.received_at,
    message.score + hits.points as score, message.signals, hits.rules, listing.title
from outbox
join message on message.site_id = outbox.site_id and message.message_id = outbox.message_id
join conversation on conversation.site_id = message.site_id and conversation.conversation_id = message.conversation_id
join listing on listing.site_id = message.site_id and listing.listing_id = conversation.listing_id
cross join lateral (
    select coalesce(array_agg(rule_hit.rule order by rule_hit.rule), '{}') as rules, coalesce(sum(rule_hit.points), 0)::int as points
    from rule_hit
    where rule_hit.site_id = message.site_id and rule_hit.message_id = message.message_id and rule_hit.is_live
) as hits
where outbox.site_id = :site_id and outbox.state = 'held' and outbox.kind in ('contact', 'reply')
    and outbox.reason <> 'frozen'
order by outbox.mail_id
limit 500;

-- name: release(site_id, mail_id, expires_at)^
-- Let a held mail leave now, with a full life before it; no row when it is not held.
-- What a person looked at is asked of no rule again; a reply that its own writer owned is.
with looked_at as (
    insert into released (site_id, message_id)
    select outbox.site_id, outbox.message_id from outbox
    where outbox.site_id = :site_id and outbox.mail_id = :mail_id and outbox.state = 'held' and outbox.kind in ('contact', 'reply')
        and outbox.reason <> 'stranger'
    on conflict do nothing
)
update outbox set state = 'queued', reason = 'released', due_at = now(), expires_at = :expires_at, crashes = 0
where site_id = :site_id and mail_id = :mail_id and state = 'held' and kind in ('contact', 'reply')
returning mail_id, pg_notify('outbox', '') as rung;

-- name: refuse(site_id, mail_id)^
-- End a held mail for good; returns whom to tell.
update outbox set state = 'refused', reason = 'by_moderator', settled_at = now()
from message
where outbox.site_id = :site_id and outbox.mail_id = :mail_id and outbox.state = 'held' and outbox.kind in ('contact', 'reply')
    and message.site_id = outbox.site_id and message.message_id = outbox.message_id
returning outbox.site_id, outbox.mail_id, message.mailbox_hash;

-- name: enqueue_notice(site_id, mail_id, message_id, kind, reason, told_hash, due_at, expires_at)!
-- Tell the writer (notice) or the reader (reader_notice) of a message something, unless the mark says that this was done today.
with first_today as (
    insert into told (site_id, told_hash) values (:site_id, :told_hash)
    on conflict do nothing
    returning site_id
), rung as (
    select pg_notify('outbox', '')
)
insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at, expires_at)
select first_today.site_id, :mail_id, :message_id, :kind, 'queued', :reason, :due_at, :expires_at
from first_today, rung;

-- name: count_states()
-- The ledger: contacts and replies by site and state; their sum is the number of accepted messages.
select site_id, state, count(*) as mails from outbox where kind in ('contact', 'reply') group by site_id, state;

-- name: count_accepted()
select site_id, count(*) as messages from message group by site_id;

-- name: oldest_due()$
-- Age in seconds of the oldest mail of any site that waits for its turn.
select extract(epoch from now() - min(outbox.due_at))::float8 from outbox
where outbox.state in ('queued', 'deferred', 'sending') and outbox.due_at <= now() and outbox.site_id is not null;

-- name: recent_mails()
-- The newest hundred mails of all sites, for an operator who watches.
select site.slug, recent.mail_id, recent.message_id, recent.kind, recent.state, recent.reason, recent.tries
from (select site_id, mail_id, message_id, kind, state, reason, tries from outbox order by mail_id desc limit 100) as recent
join site on site.site_id = recent.site_id
order by recent.mail_id;
