-- name: forget_requests(oldest)$
-- Idempotency keys live 24 hours, for all sites alike.
with gone as (
    delete from idempotency where created_at < :oldest and site_id is not null returning 1
)
select count(*) from gone;

-- name: forget_told(oldest)$
-- Daily marks of receipts and notices, for all sites alike.
with gone as (
    delete from told where created_at < :oldest and site_id is not null returning 1
)
select count(*) from gone;

-- name: forget_suppressions(oldest)$
-- Addresses that are written to again, for all sites alike.
with gone as (
    delete from suppression where expires_at < :oldest and site_id is not null returning 1
)
select count(*) from gone;

-- name: policy_versions(site_id)
-- Every version a site was ever under, oldest first.
select version, source, published_at from site_policy where site_id = :site_id order by published_at, version;

-- name: read_clock(site_id)^
select
    now() as database_now, site.created_at,
    purge_clock.believed_at, purge_clock.leapt_at, purge_clock.swept_at
from site
left join purge_clock on purge_clock.site_id = site.site_id
where site.site_id = :site_id;

-- name: keep_clock(site_id, believed_at, leapt_at)!
insert into purge_clock (site_id, believed_at, leapt_at) values (:site_id, :believed_at, :leapt_at)
on conflict (site_id) do update set believed_at = excluded.believed_at, leapt_at = excluded.leapt_at;

-- name: note_sweep(site_id, swept_at)!
insert into purge_clock (site_id, believed_at, swept_at) values (:site_id, :swept_at, :swept_at)
on conflict (site_id) do update set swept_at = excluded.swept_at;

-- name: start_purge(site_id)$
-- One purger at a time for each site, for the length of a connection.
select pg_try_advisory_lock(hashtextextended('purge ' || site_id::text, 0)) from site where site_id = :site_id;

-- name: end_purge(site_id)$
select pg_advisory_unlock(hashtextextended('purge ' || site_id::text, 0)) from site where site_id = :site_id;

-- name: heed_holds(site_id)$
-- No hold of the site is placed or lifted until this transaction ends.
select pg_advisory_xact_lock_shared(hashtextextended('hold ' || site_id::text, 0))::text from site where site_id = :site_id;

-- name: change_holds(site_id)$
-- Wait for the batch of a purge that is under way, and let none begin.
select pg_advisory_xact_lock(hashtextextended('hold ' || site_id::text, 0))::text from site where site_id = :site_id;

-- name: find_subject(site_id, scope, subject_id)$
-- Whether there is what a hold is asked for.
select case :scope::text
    when 'message' then exists (select 1 from message where site_id = :site_id and message_id = :subject_id)
    when 'conversation' then exists (select 1 from conversation where site_id = :site_id and conversation_id = :subject_id)
    when 'person' then exists (select 1 from person where site_id = :site_id and person_id = :subject_id)
    when 'listing' then exists (select 1 from listing where site_id = :site_id and listing_id = :subject_id)
end;

-- name: add_hold(site_id, hold_id, scope, subject_id, ground, ends_at, placed_by, placed_at, blocks_until)!
insert into legal_hold (site_id, hold_id, scope, subject_id, ground, ends_at, placed_by, placed_at, blocks_until)
values (:site_id, :hold_id, :scope, :subject_id, :ground, :ends_at, :placed_by, :placed_at, :blocks_until);

-- name: read_hold(site_id, hold_id)^
select hold_id, scope, subject_id, ground, ends_at, placed_by, placed_at, approved_by, approved_at,
    lift_asked_by, lifted_by, lifted_at, blocks_until
from legal_hold
where site_id = :site_id and hold_id = :hold_id;

-- name: list_holds(site_id)
select hold_id, scope, subject_id, ground, ends_at, placed_by, placed_at, approved_by, approved_at,
    lift_asked_by, lifted_by, lifted_at, blocks_until
from legal_hold
where site_id = :site_id
order by hold_id;

-- name: change_hold(site_id, hold_id, blocks_until, approved_by, approved_at, lift_asked_by, lifted_by, lifted_at)!
update legal_hold set
    blocks_until = :blocks_until, approved_by = :approved_by, approved_at = :approved_at,
    lift_asked_by = :lift_asked_by, lifted_by = :lifted_by, lifted_at = :lifted_at
where site_id = :site_id and hold_id = :hold_id;

-- name: hold_subjects(site_id, message_id)^
-- What can be held about a message.
select message.message_id as message, message.conversation_id as conversation, message.sender_id as person,
    conversation.listing_id as listing
from message
join conversation on conversation.site_id = message.site_id and conversation.conversation_id = message.conversation_id
where message.site_id = :site_id and message.message_id = :message_id;

-- name: add_purge_report(site_id, report_id, body, signature)!
insert into purge_report (site_id, report_id, body, signature) values (:site_id, :report_id, :body, :signature);

-- name: last_purge_report(site_id)^
select report_id, body, signature from purge_report
where site_id = :site_id
order by report_id desc
limit 1;

-- name: message_months_over(site_ids, overs)
-- Months of messages in which every site's rows are past their time; a site not named may have none there.
select month.month, month.first_id, month.end_id from months_of('message') as month
where not exists (
    select 1 from site
    left join unnest(:site_ids::uuid[], :overs::timestamptz[]) as given (site_id, over_at)
        on given.site_id = site.site_id
    where (given.over_at is null or given.over_at < month.ends_at)
        and (exists (select 1 from message
                where message.site_id = site.site_id
                    and message.message_id >= month.first_id and message.message_id < month.end_id)
            or exists (select 1 from outbox
                where outbox.site_id = site.site_id
                    and outbox.mail_id >= month.first_id and outbox.mail_id < month.end_id)))
    and exists (select 1 from unnest(:overs::timestamptz[]) as given (over_at) where given.over_at >= month.ends_at);

-- name: trace_months_over(site_ids, overs)
-- The same of the traces.
select month.month, month.first_id, month.end_id from months_of('sender_trace') as month
where not exists (
    select 1 from site
    left join unnest(:site_ids::uuid[], :overs::timestamptz[]) as given (site_id, over_at)
        on given.site_id = site.site_id
    where (given.over_at is null or given.over_at < month.ends_at)
        and exists (select 1 from sender_trace
            where sender_trace.site_id = site.site_id
                and sender_trace.message_id >= month.first_id and sender_trace.message_id < month.end_id))
    and exists (select 1 from unnest(:overs::timestamptz[]) as given (over_at) where given.over_at >= month.ends_at);

-- name: is_month_held(site_ids, first_id, end_id, as_of)$
-- Whether a hold keeps a row of the month.
select exists (
    select 1 from unnest(:site_ids::uuid[]) as asked (site_id)
    cross join lateral held_messages(asked.site_id, :as_of) as held
    where held.message_id >= :first_id and held.message_id < :end_id
) or exists (
    select 1 from unnest(:site_ids::uuid[]) as asked (site_id)
    join legal_hold on legal_hold.site_id = asked.site_id and legal_hold.blocks_until > :as_of
    join sender_trace on sender_trace.site_id = asked.site_id and sender_trace.sender_id = legal_hold.subject_id
        and sender_trace.message_id >= :first_id and sender_trace.message_id < :end_id
    where legal_hold.scope = 'person'
);

-- name: is_month_live(site_ids, first_id, end_id)$
-- Whether a mail of the month is still under way.
select exists (
    select 1 from outbox join unnest(:site_ids::uuid[]) as asked (site_id) on outbox.site_id = asked.site_id
    where outbox.state in ('queued', 'deferred', 'sending')
        and outbox.mail_id >= :first_id and outbox.mail_id < :end_id
) or exists (
    select 1 from outbox join unnest(:site_ids::uuid[]) as asked (site_id) on outbox.site_id = asked.site_id
    where outbox.state = 'held' and outbox.mail_id >= :first_id and outbox.mail_id < :end_id
);

-- name: leaving_tables()
-- Tables of months that were taken away, for all sites alike, and not yet dropped.
select name, parent, first_id, end_id from leaving_tables();

-- name: delete_leaving_files(first_id, end_id, most)$
-- Files of messages whose month was taken away; they are not partitioned.
with due as (
    select file.site_id, file.message_id, file.number from site
    cross join lateral (
        select message_file.site_id, message_file.message_id, message_file.number from message_file
        where message_file.site_id = site.site_id
            and message_file.message_id >= :first_id and message_file.message_id < :end_id
        limit :most
    ) as file
    limit :most
), gone as (
    delete from message_file using due
    where message_file.site_id = due.site_id and message_file.message_id = due.message_id
        and message_file.number = due.number
    returning message_file.site_id
), noted as (
    insert into unreported (site_id, name, rows)
    select site_id, 'message_file', count(*) from gone group by site_id
    on conflict (site_id, name) do update set rows = unreported.rows + excluded.rows
)
select count(*) from gone;

-- name: delete_unreported(site_id)
-- What went with whole months, told from now on by a signed report.
delete from unreported where site_id = :site_id returning name, rows;
