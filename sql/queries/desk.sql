-- name: find_blocks(site_ids, key_hashes)
-- The live blocks of these keys: asked for every accepted message, one probe of an index each.
select block_key.site_id, block_key.key_hash, block_key.block_id, block.kind, block.effect, block.sketch
from unnest(:site_ids::uuid[], :key_hashes::bytea[]) as asked (site_id, key_hash)
join block_key on block_key.site_id = asked.site_id and block_key.key_hash = asked.key_hash and block_key.until > now()
join block on block.site_id = block_key.site_id and block.block_id = block_key.block_id;

-- name: add_block(site_id, block_id, kind, effect, sketch, sealed_note, placed_by, placed_at, ends_at)!
insert into block (site_id, block_id, kind, effect, sketch, sealed_note, placed_by, placed_at, ends_at)
values (:site_id, :block_id, :kind, :effect, :sketch, :sealed_note, :placed_by, :placed_at, :ends_at);

-- name: add_block_keys(site_id, block_id, key_hashes, until)!
insert into block_key (site_id, key_hash, block_id, until)
select :site_id, asked.key_hash, :block_id, :until from unnest(:key_hashes::bytea[]) as asked (key_hash);

-- name: lift_block(site_id, block_id, lifted_at)^
-- End a block now; no row when it is over already.
with lifted as (
    update block set lifted_at = :lifted_at
    where site_id = :site_id and block_id = :block_id and lifted_at is null and ends_at > :lifted_at
    returning block_id
), keys as (
    update block_key set until = :lifted_at
    from lifted where block_key.site_id = :site_id and block_key.block_id = lifted.block_id
)
select block_id from lifted;

-- name: restore_block(site_id, block_id, restored_at)^
-- The inverse of a lift: the block lasts to its own end again; no row when that is past, it was not lifted, or it was
-- the suspension of a decision that was overturned or undone.
with restored as (
    update block set lifted_at = null
    where site_id = :site_id and block_id = :block_id and lifted_at is not null and ends_at > :restored_at
        and not exists (select 1 from desk_act
            join report_case on report_case.site_id = desk_act.site_id and report_case.case_id = desk_act.case_id
            where desk_act.site_id = :site_id and desk_act.block_id = :block_id and desk_act.action = 'decide'
                and (report_case.state = 'overturned' or desk_act.undone_at is not null))
    returning block_id, ends_at
), keys as (
    update block_key set until = restored.ends_at
    from restored where block_key.site_id = :site_id and block_key.block_id = restored.block_id
)
select block_id, ends_at from restored;

-- name: list_blocks(site_id, before_id, most)
select block_id, kind, effect, sealed_note, placed_by, placed_at, ends_at, lifted_at
from block
where site_id = :site_id and block_id < :before_id
order by block_id desc
limit :most;

-- name: read_cluster(site_id, cluster_id)^
select cluster.sketch,
    (select array_agg(text_band.band) from text_band
        where text_band.site_id = cluster.site_id and text_band.cluster_id = cluster.cluster_id) as bands
from text_cluster as cluster
where cluster.site_id = :site_id and cluster.cluster_id = :cluster_id;

-- name: read_states(site_id, message_ids)
-- Where messages are, for an act to say beforehand what it would change.
select
    message.message_id, message.conversation_id, message.side, message.mailbox_hash,
    outbox.state, outbox.reason, outbox.ambiguous, conversation.blocked_at, listing.ref
from unnest(:message_ids::uuid[]) as asked (message_id)
join message on message.site_id = :site_id and message.message_id = asked.message_id
join outbox on outbox.site_id = message.site_id and outbox.mail_id = message.message_id
join conversation on conversation.site_id = message.site_id and conversation.conversation_id = message.conversation_id
join listing on listing.site_id = message.site_id and listing.listing_id = conversation.listing_id
order by message.message_id;

-- name: hold_messages(site_id, message_ids, due_at, expires_at)
-- Keep back what has not left; a lease under way is left alone. Whoever let it go before has changed their mind.
with again as (
    delete from released where released.site_id = :site_id and released.message_id = any(:message_ids::uuid[])
)
update outbox set state = 'held', reason = 'suspicious', due_at = :due_at, expires_at = :expires_at, settled_at = null
where site_id = :site_id and mail_id = any(:message_ids::uuid[]) and kind in ('contact', 'reply')
    and state in ('queued', 'deferred')
returning mail_id as message_id;

-- name: release_messages(site_id, message_ids, due_at, expires_at)
-- Let held messages leave; no rule holds them again.
with released_now as (
    update outbox set state = 'queued', reason = 'released', due_at = :due_at, expires_at = :expires_at, crashes = 0
    where site_id = :site_id and mail_id = any(:message_ids::uuid[]) and kind in ('contact', 'reply') and state = 'held'
    returning site_id, mail_id
), looked_at as (
    insert into released (site_id, message_id) select site_id, mail_id from released_now
    on conflict do nothing
)
select mail_id as message_id from released_now;

-- name: refuse_messages(site_id, message_ids, settled_at)
update outbox set state = 'refused', reason = 'by_moderator', settled_at = :settled_at
where site_id = :site_id and mail_id = any(:message_ids::uuid[]) and kind in ('contact', 'reply') and state = 'held'
returning mail_id as message_id;

-- name: forget_released(site_id, message_ids)!
-- A hold was taken back, and nobody looked at what it kept.
delete from released where site_id = :site_id and message_id = any(:message_ids::uuid[]);

-- name: reinstate_messages(site_id, message_ids, due_at, expires_at)
-- The inverse of a refusal: they wait for a person again.
update outbox set state = 'held', reason = 'suspicious', due_at = :due_at, expires_at = :expires_at, settled_at = null
where site_id = :site_id and mail_id = any(:message_ids::uuid[]) and kind in ('contact', 'reply')
    and state = 'refused' and reason = 'by_moderator'
returning mail_id as message_id;

-- name: close_threads(site_id, message_ids, closed_at)
-- End the conversations of these messages; names one message of each that was open.
with asked as (
    select conversation.conversation_id, (array_agg(message.message_id order by message.message_id))[1] as message_id
    from unnest(:message_ids::uuid[]) as given (message_id)
    join message on message.site_id = :site_id and message.message_id = given.message_id
    join conversation on conversation.site_id = :site_id and conversation.conversation_id = message.conversation_id
    group by conversation.conversation_id
)
update conversation set blocked_at = :closed_at
from asked
where conversation.site_id = :site_id and conversation.conversation_id = asked.conversation_id
    and conversation.blocked_at is null
returning asked.message_id;

-- name: reopen_threads(site_id, message_ids)
-- Let conversations go on, whoever ended them; one that an erasure ended has no aliases any more, and stays ended.
with asked as (
    select conversation.conversation_id, (array_agg(message.message_id order by message.message_id))[1] as message_id
    from unnest(:message_ids::uuid[]) as given (message_id)
    join message on message.site_id = :site_id and message.message_id = given.message_id
    join conversation on conversation.site_id = :site_id and conversation.conversation_id = message.conversation_id
    group by conversation.conversation_id
)
update conversation set blocked_at = null, blocked_by = null
from asked
where conversation.site_id = :site_id and conversation.conversation_id = asked.conversation_id
    and conversation.blocked_at is not null
    and exists (select 1 from reply_address
        where reply_address.site_id = :site_id and reply_address.conversation_id = asked.conversation_id)
returning asked.message_id;

-- name: cancel_notices(site_id, mail_ids)
-- Take back notices that have not left; names the messages they were about.
update outbox set state = 'cancelled', reason = 'undone', settled_at = now()
where site_id = :site_id and mail_id = any(:mail_ids::uuid[]) and kind in ('notice', 'reader_notice') and state = 'queued'
returning mail_id, message_id;

-- name: forget_marks_told(site_id, told_hashes)!
-- What was taken back may be told again.
delete from told where site_id = :site_id and told_hash = any(:told_hashes::bytea[]);

-- name: add_act(site_id, act_id, staff_id, approved_by, action, reason, case_id, block_id, message_ids, mail_ids, event_ids, rule, rule_was, at)!
insert into desk_act (site_id, act_id, staff_id, approved_by, action, reason, case_id, block_id, message_ids, mail_ids, event_ids, rule, rule_was, at)
values (:site_id, :act_id, :staff_id, :approved_by, :action, :reason, :case_id, :block_id, :message_ids, :mail_ids, :event_ids, :rule, :rule_was, :at);

-- name: undo_act(site_id, act_id, undone_at, oldest)^
-- Claim an act to be undone, once; no row when it is unknown, too old, undone already, or a judgement, which is final.
update desk_act set undone_at = :undone_at
where site_id = :site_id and act_id = :act_id and undone_at is null and at > :oldest and action <> 'judge'
returning act_id, action, case_id, block_id, message_ids, mail_ids, event_ids, rule, rule_was, at;

-- name: find_act(site_id, act_id)$
select act_id from desk_act where site_id = :site_id and act_id = :act_id;

-- name: list_acts(site_id, before_id, most)
select act_id, staff_id, approved_by, action, reason, case_id, block_id, cardinality(message_ids) as messages, at, undone_at
from desk_act
where site_id = :site_id and act_id < :before_id
order by act_id desc
limit :most;

-- name: list_case_acts(site_id, case_id)
select act_id, staff_id, approved_by, action, reason, case_id, block_id, cardinality(message_ids) as messages, at, undone_at
from desk_act
where site_id = :site_id and case_id = :case_id
order by act_id;

-- name: keep_person(site_id, person_id, mail_hash, wrapped_key, sealed_mail)^
-- Whoever has this address: they are made known now, or are already.
insert into person (site_id, person_id, mail_hash, wrapped_key, sealed_mail)
values (:site_id, :person_id, :mail_hash, :wrapped_key, :sealed_mail)
on conflict (site_id, mail_hash) do update set mail_hash = excluded.mail_hash
returning person_id, wrapped_key;

-- name: file_report(site_id, report_id, message_id, giver_id, sealed_note, category, source, sealed_details, good_faith_at, created_at)!
-- A report that no party of the conversation made: by staff, the site, or somebody else.
insert into report (site_id, report_id, message_id, reporter_id, giver_id, sealed_note, category, source, sealed_details, good_faith_at, created_at)
select :site_id, :report_id, :message_id, null, :giver_id, :sealed_note, :category, :source, :sealed_details, :good_faith_at, :created_at
where exists (select 1 from message where message.site_id = :site_id and message.message_id = :message_id);

-- name: list_new_reports(site_id, most)
-- Reports that are no part of a case yet, oldest first.
select report.report_id, report.message_id, report.reporter_id, report.category, report.source, report.created_at,
    message.conversation_id, message.sender_id, message.mailbox_hash
from report
join message on message.site_id = report.site_id and message.message_id = report.message_id
where report.site_id = :site_id and report.acknowledged_at is null
order by report.report_id
limit :most
for update of report skip locked;

-- name: open_case(site_id, case_id, message_id, category, opened_at)^
-- The case of a message: a new one, or the one there is, opened again when it ended without action.
insert into report_case (site_id, case_id, message_id, state, category, opened_at)
values (:site_id, :case_id, :message_id, 'received', :category, :opened_at)
on conflict (site_id, message_id) do update set
    state = case when report_case.state = 'decided' and report_case.decision = 'no_action' then 'received' else report_case.state end
returning case_id, state, hold_id, (xmax = 0) as is_new;

-- name: acknowledge(site_id, report_id, acknowledged_at)!
update report set acknowledged_at = :acknowledged_at where site_id = :site_id and report_id = :report_id;

-- name: note_hold(site_id, case_id, hold_id)!
update report_case set hold_id = :hold_id where site_id = :site_id and case_id = :case_id;

-- name: prolong_hold(site_id, hold_id, ends_at)!
-- Evidence is kept until the time for an appeal is over, and from an appeal on as long once more.
update legal_hold set ends_at = :ends_at, blocks_until = :ends_at
where site_id = :site_id and hold_id = :hold_id and lifted_at is null;

-- name: list_cases(site_id)
-- What waits for a person, with how many reported it; at most 500.
select report_case.case_id, report_case.message_id, report_case.state, report_case.category, report_case.opened_at,
    report_case.taken_by, report_case.taken_until, report_case.decided_by, listing.ref, listing.title, message.score, message.side,
    (select count(*) from report where report.site_id = report_case.site_id and report.message_id = report_case.message_id)::int as reports,
    (select bool_or(report.source in ('trusted', 'authority')) from report
        where report.site_id = report_case.site_id and report.message_id = report_case.message_id) as is_trusted
from report_case
join message on message.site_id = report_case.site_id and message.message_id = report_case.message_id
join conversation on conversation.site_id = message.site_id and conversation.conversation_id = message.conversation_id
join listing on listing.site_id = message.site_id and listing.listing_id = conversation.listing_id
where report_case.site_id = :site_id and report_case.state in ('received', 'in_review', 'escalated', 'appealed')
order by report_case.case_id
limit 500;

-- name: read_case(site_id, case_id)^
select report_case.case_id, report_case.message_id, report_case.state, report_case.category, report_case.opened_at,
    report_case.taken_by, report_case.taken_until, report_case.decided_by, report_case.decided_at, report_case.decision,
    report_case.sealed_statement, report_case.appeal_until, report_case.appealed_by, report_case.appealed_at,
    report_case.appellant_id as owner_id, report_case.sealed_appeal, report_case.sealed_judgement, report_case.judged_by,
    report_case.judged_at, report_case.hold_id,
    report_case.is_warning, report_case.suspended_until, person.wrapped_key
from report_case
left join person on person.site_id = report_case.site_id and person.person_id = report_case.appellant_id
where report_case.site_id = :site_id and report_case.case_id = :case_id;

-- name: lock_case(site_id, case_id)^
select report_case.case_id, report_case.message_id, report_case.state, report_case.taken_by, report_case.taken_until,
    report_case.decided_by, report_case.decision, report_case.appeal_until, report_case.hold_id, message.mailbox_hash,
    exists (select 1 from report where report.site_id = report_case.site_id and report.message_id = report_case.message_id
        and report.reporter_id is not null) as has_reporter,
    array(select report.report_id from report where report.site_id = report_case.site_id and report.message_id = report_case.message_id
        and report.reporter_id is null and report.source <> 'staff' order by report.report_id) as told_to_site
from report_case
join message on message.site_id = report_case.site_id and message.message_id = report_case.message_id
where report_case.site_id = :site_id and report_case.case_id = :case_id
for update of report_case;

-- name: list_reports(site_id, message_id)
-- With whose key opens each: a party's, or whoever's outside who gave an address.
select report.report_id, report.reporter_id, coalesce(report.reporter_id, report.giver_id) as owner_id, report.category, report.source, report.sealed_note, report.sealed_details,
    report.created_at, report.acknowledged_at, report.good_faith_at, person.wrapped_key
from report
left join person on person.site_id = report.site_id and person.person_id = coalesce(report.reporter_id, report.giver_id)
where report.site_id = :site_id and report.message_id = :message_id
order by report.report_id;

-- name: take_case(site_id, case_id, state, taken_by, taken_until)!
update report_case set state = :state, taken_by = :taken_by, taken_until = :taken_until
where site_id = :site_id and case_id = :case_id;

-- name: decide_case(site_id, case_id, state, decided_by, decided_at, decision, sealed_statement, appeal_until)!
update report_case set state = :state, decided_by = :decided_by, decided_at = :decided_at, decision = :decision,
    sealed_statement = :sealed_statement, appeal_until = :appeal_until, taken_until = null
where site_id = :site_id and case_id = :case_id;

-- name: undecide_case(site_id, case_id, taken_by, taken_until)^
update report_case set state = 'in_review', decided_by = null, decided_at = null, decision = null,
    sealed_statement = null, appeal_until = null, taken_by = :taken_by, taken_until = :taken_until,
    is_warning = false, suspended_until = null, suspended_ids = '{}'
where site_id = :site_id and case_id = :case_id and state = 'decided'
returning case_id;

-- name: appeal_case(site_id, message_id, appealed_by, appealed_at, appellant_id, sealed_appeal)^
-- Taken within its time only, and once.
update report_case set state = 'appealed', appealed_by = :appealed_by, appealed_at = :appealed_at,
    appellant_id = :appellant_id, sealed_appeal = :sealed_appeal
where site_id = :site_id and message_id = :message_id and state = 'decided' and appeal_until >= :appealed_at
returning case_id, hold_id;

-- name: judge_case(site_id, case_id, state, judged_by, judged_at, sealed_judgement)!
update report_case set state = :state, judged_by = :judged_by, judged_at = :judged_at, sealed_judgement = :sealed_judgement
where site_id = :site_id and case_id = :case_id;

-- name: read_told(site_id, report_id, before_at)^
-- What became of a report that came through the site; a decision only once it can no longer be undone.
select report_case.case_id, report_case.message_id,
    case when report_case.decided_at > :before_at then 'in_review' else report_case.state end as state,
    report_case.decision, report_case.decided_at, report_case.sealed_statement, report_case.appeal_until,
    report_case.sealed_judgement, report_case.judged_at, coalesce(report_case.decided_at <= :before_at, false) as is_told,
    report.giver_id
from report
join report_case on report_case.site_id = report.site_id and report_case.message_id = report.message_id
where report.site_id = :site_id and report.report_id = :report_id and report.reporter_id is null and report.source <> 'staff';

-- name: list_rulings(site_id, message_id, is_buyer, before_at)
-- Decisions in the conversation of a message that concern one of its sides, the newest first; one stands until the next.
select report_case.message_id, report_case.state, report_case.decision, side.person_id,
    message.sender_id = side.person_id as is_author,
    exists (select 1 from report where report.site_id = report_case.site_id and report.message_id = report_case.message_id
        and report.reporter_id = side.person_id) as is_reporter
from message as anchor
join conversation on conversation.site_id = anchor.site_id and conversation.conversation_id = anchor.conversation_id
join listing on listing.site_id = anchor.site_id and listing.listing_id = conversation.listing_id
cross join lateral (select case when :is_buyer then conversation.buyer_id else listing.advertiser_id end as person_id) as side
join message on message.site_id = anchor.site_id and message.conversation_id = anchor.conversation_id
join report_case on report_case.site_id = message.site_id and report_case.message_id = message.message_id
where anchor.site_id = :site_id and anchor.message_id = :message_id
    and report_case.decided_at <= :before_at
order by report_case.decided_at desc
limit 10;

-- name: read_ruling(site_id, message_id, person_id, before_at)^
-- A decision that can no longer be undone, and what somebody has to do with it.
select
    report_case.case_id, report_case.state, report_case.decision, report_case.decided_at, report_case.sealed_statement,
    report_case.appeal_until, report_case.appealed_by, report_case.appealed_at, report_case.sealed_judgement, report_case.judged_at,
    report_case.is_warning, report_case.suspended_until, report_case.suspended_ids, message.received_at, message.sender_id = :person_id as is_author,
    exists (select 1 from report where report.site_id = report_case.site_id and report.message_id = report_case.message_id
        and report.reporter_id = :person_id) as is_reporter,
    exists (select 1 from report where report.site_id = report_case.site_id and report.message_id = report_case.message_id
        and report.source <> 'staff') as by_notice
from report_case
join message on message.site_id = report_case.site_id and message.message_id = report_case.message_id
where report_case.site_id = :site_id and report_case.message_id = :message_id and report_case.decided_at <= :before_at;

-- name: count_reporters(site_id, case_id, since)
-- Of each party who reported in a case: how many reports, how many without action, and in how many other cases they were warned.
select reporter.person_id,
    count(*)::int as total,
    (count(*) filter (where theirs.decision = 'no_action' and theirs.state <> 'overturned'))::int as ill,
    (count(*) filter (where theirs.decision = 'no_action' and theirs.state <> 'overturned' and theirs.is_warning and theirs.case_id <> :case_id))::int as warnings
from report_case as asked
cross join lateral (select distinct report.reporter_id as person_id from report
    where report.site_id = :site_id and report.message_id = asked.message_id and report.reporter_id is not null) as reporter
join report as own on own.site_id = :site_id and own.reporter_id = reporter.person_id and own.created_at >= :since
left join report_case as theirs on theirs.site_id = :site_id and theirs.message_id = own.message_id
where asked.site_id = :site_id and asked.case_id = :case_id
group by reporter.person_id
order by reporter.person_id;

-- name: count_author(site_id, case_id, since, first_id)^
-- Of the mailbox a case's message came from: messages, 1,000 at most, those acted upon, and in how many other cases it was warned.
select
    (select count(*) from (select 1 from message as own
        where own.site_id = :site_id and own.mailbox_hash = message.mailbox_hash and own.message_id >= :first_id limit 1000) as said)::int as total,
    ended.ill, ended.warnings
from report_case as asked
join message on message.site_id = :site_id and message.message_id = asked.message_id
cross join lateral (
    select count(*)::int as ill,
        (count(*) filter (where theirs.is_warning and theirs.case_id <> :case_id))::int as warnings
    from report_case as theirs
    join message as about on about.site_id = :site_id and about.message_id = theirs.message_id
    where theirs.site_id = :site_id and theirs.decision = 'action' and theirs.state <> 'overturned'
        and theirs.decided_at >= :since and about.mailbox_hash = message.mailbox_hash
) as ended
where asked.site_id = :site_id and asked.case_id = :case_id;

-- name: note_standing(site_id, case_id, is_warning, suspended_until, suspended_ids)!
update report_case set is_warning = :is_warning, suspended_until = :suspended_until, suspended_ids = :suspended_ids
where site_id = :site_id and case_id = :case_id;

-- name: reports_suspended(site_id, person_id, now)$
-- Until when reports of a person are set aside; null when they are not.
select max(report_case.suspended_until)
from report
join report_case on report_case.site_id = report.site_id and report_case.message_id = report.message_id
where report.site_id = :site_id and report.reporter_id = :person_id and report_case.suspended_until > :now
    and report_case.suspended_ids @> array[:person_id::uuid] and report_case.state <> 'overturned';

-- name: list_case_blocks(site_id, case_id)
-- What decisions of a case blocked, by acts that stand.
select desk_act.block_id from desk_act
where desk_act.site_id = :site_id and desk_act.case_id = :case_id and desk_act.action = 'decide'
    and desk_act.block_id is not null and desk_act.undone_at is null;

-- name: forget_cases(site_id)$
-- Cases whose reports are purged, and that ended or whose message is gone too: nothing is left to decide on.
with gone as (
    delete from report_case
    where report_case.site_id = :site_id
        and (report_case.state in ('decided', 'upheld', 'overturned') or not exists (select 1 from message
            where message.site_id = :site_id and message.message_id = report_case.message_id offset 0))
        and not exists (select 1 from report
            where report.site_id = :site_id and report.message_id = report_case.message_id offset 0)
    returning 1
)
select count(*) from gone;

-- name: forget_blocks(site_id, before_at)$
-- Blocks that have been over for long; their keys go with them.
with gone as (
    delete from block where block.site_id = :site_id and least(block.ends_at, block.lifted_at) < :before_at returning 1
)
select count(*) from gone;

-- name: forget_acts(site_id, before_id)$
with gone as (
    delete from desk_act where desk_act.site_id = :site_id and desk_act.act_id < :before_id returning 1
)
select count(*) from gone;

-- name: add_confirmation(site_id, confirmation_id, kind, asked_by, asked_at, ends_at, sealed_order, changed)!
insert into confirmation (site_id, confirmation_id, kind, asked_by, asked_at, ends_at, sealed_order, changed)
values (:site_id, :confirmation_id, :kind, :asked_by, :asked_at, :ends_at, :sealed_order, :changed);

-- name: list_confirmations(site_id, most)
-- What was asked of a second person, the newest first, with who asked and who answered.
select
    confirmation.confirmation_id, confirmation.kind, confirmation.asked_by, confirmation.asked_at, confirmation.ends_at,
    confirmation.sealed_order, confirmation.changed, confirmation.state, confirmation.decided_at,
    asker.name as asker, decider.name as decider
from confirmation
left join staff as asker on asker.staff_id = confirmation.asked_by
left join staff as decider on decider.staff_id = confirmation.decided_by
where confirmation.site_id = :site_id
order by confirmation.confirmation_id desc
limit :most;

-- name: lock_confirmation(site_id, confirmation_id)^
-- A confirmation, so that one person answers it.
select confirmation_id, kind, asked_by, sealed_order, state, ends_at from confirmation
where site_id = :site_id and confirmation_id = :confirmation_id
for update;

-- name: settle_confirmation(site_id, confirmation_id, state, decided_by, decided_at, ends_at, act_id)!
update confirmation set state = :state, decided_by = :decided_by, decided_at = :decided_at, ends_at = :ends_at, act_id = :act_id
where site_id = :site_id and confirmation_id = :confirmation_id;

-- name: list_agreed(site_id, staff_id, now)
-- What a person may read now because another agreed.
select confirmation.confirmation_id, confirmation.sealed_order, decider.name as decider
from confirmation
join staff as decider on decider.staff_id = confirmation.decided_by
where confirmation.site_id = :site_id and confirmation.asked_by = :staff_id and confirmation.kind = 'open'
    and confirmation.state = 'agreed' and confirmation.ends_at > :now;

-- name: forget_confirmations(site_id, before_id)$
with gone as (
    delete from confirmation where confirmation.site_id = :site_id and confirmation.confirmation_id < :before_id returning 1
)
select count(*) from gone;
