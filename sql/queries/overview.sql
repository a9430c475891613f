-- What happens at a site as a whole: counts and states, never a person. Bounded by the time in the ids.

-- name: count_hours(site_id, first_id)
-- Messages by the hour they were accepted in, which their id says (RFC 9562 5.7), and where they are now.
select
    date_trunc('hour', to_timestamp(('x' || left(replace(outbox.mail_id::text, '-', ''), 12))::bit(48)::bigint / 1000.0), 'UTC') as hour,
    outbox.state, count(*)::int as mails
from outbox
where outbox.site_id = :site_id and outbox.mail_id >= :first_id and outbox.kind in ('contact', 'reply')
group by 1, 2;

-- name: count_answers(site_id, first_id, most)
-- What servers answered, the most frequent first.
select
    attempt.route, attempt.outcome, attempt.reason, attempt.code, attempt.enhanced,
    count(*)::int as answers, max(attempt.ended_at) as last_at
from attempt
where attempt.site_id = :site_id and attempt.mail_id >= :first_id and attempt.outcome is not null
group by attempt.route, attempt.outcome, attempt.reason, attempt.code, attempt.enhanced
order by answers desc, last_at desc
limit :most;

-- name: time_routes(site_id, first_id)
-- By next hop: how many attempts ended how, and how long it took to answer, in milliseconds.
select
    attempt.route, count(*)::int as attempts,
    (count(*) filter (where attempt.outcome = 'delivered'))::int as delivered,
    (count(*) filter (where attempt.outcome = 'deferred'))::int as deferred,
    (count(*) filter (where attempt.outcome in ('bounced', 'refused')))::int as refused,
    (count(*) filter (where attempt.outcome in ('ambiguous', 'unconfirmed', 'recovered')))::int as ambiguous,
    coalesce(percentile_cont(0.5) within group (order by extract(epoch from attempt.ended_at - attempt.started_at) * 1000), 0)::int as median_ms,
    coalesce(percentile_cont(0.95) within group (order by extract(epoch from attempt.ended_at - attempt.started_at) * 1000), 0)::int as p95_ms
from attempt
where attempt.site_id = :site_id and attempt.mail_id >= :first_id and attempt.ended_at is not null
group by attempt.route
order by attempts desc, attempt.route;

-- name: time_providers(site_id, first_id)
-- By whose mailboxes mails were for: how attempts ended, and in seconds how long mails took from their acceptance to their hand-over.
select
    attempt.provider, count(*)::int as attempts,
    (count(*) filter (where attempt.outcome = 'delivered'))::int as delivered,
    (count(*) filter (where attempt.outcome = 'deferred'))::int as deferred,
    (count(*) filter (where attempt.outcome in ('bounced', 'refused')))::int as refused,
    coalesce(percentile_cont(0.5) within group (order by taken.s) filter (where attempt.outcome = 'delivered'), 0)::float8 as median_s,
    coalesce(percentile_cont(0.95) within group (order by taken.s) filter (where attempt.outcome = 'delivered'), 0)::float8 as p95_s
from attempt
cross join lateral (select extract(epoch from attempt.ended_at)
    - ('x' || left(replace(attempt.mail_id::text, '-', ''), 12))::bit(48)::bigint / 1000.0 as s) as taken
where attempt.site_id = :site_id and attempt.mail_id >= :first_id and attempt.ended_at is not null and attempt.provider is not null
group by attempt.provider
order by attempts desc, attempt.provider;

-- name: list_oldest_waiting(site_id, most)
-- The messages that have been waiting the longest for their turn; first those that wait, by their own index.
with waiting as materialized (
    select outbox.message_id, outbox.mail_id, outbox.state, outbox.reason, outbox.tries, outbox.ambiguous, outbox.due_at
    from outbox
    where outbox.site_id = :site_id and outbox.kind in ('contact', 'reply') and outbox.state in ('queued', 'deferred', 'sending')
)
select message_id, mail_id, state, reason, tries, ambiguous, due_at from waiting order by mail_id limit :most;

-- name: count_backlog(site_id, first_id)^
-- What waits now, and what of the time since an id nobody can be sure of.
select
    (select count(*) from outbox
        where outbox.site_id = :site_id and outbox.kind in ('contact', 'reply') and outbox.state in ('queued', 'deferred', 'sending'))::int as waiting,
    (select count(*) from outbox
        where outbox.site_id = :site_id and outbox.kind in ('contact', 'reply') and outbox.state = 'held')::int as held,
    (count(*) filter (where outbox.ambiguous > 0))::int as ambiguous,
    (count(*) filter (where outbox.state = 'unconfirmed'))::int as unconfirmed
from outbox
where outbox.site_id = :site_id and outbox.mail_id >= :first_id and outbox.kind in ('contact', 'reply');

-- name: count_signals(site_id, first_id)
-- What raised the score of messages, when they were accepted or by a live rule before they left, and what became of these.
with signal as (
    select message.message_id, own.name
    from message cross join lateral unnest(message.signals) as own (name)
    where message.site_id = :site_id and message.message_id >= :first_id and cardinality(message.signals) > 0
    union
    select rule_hit.message_id, rule_hit.rule from rule_hit
    where rule_hit.site_id = :site_id and rule_hit.message_id >= :first_id and rule_hit.is_live
)
select
    signal.name as signal, count(*)::int as messages,
    (count(*) filter (where outbox.state = 'held'))::int as held,
    (count(*) filter (where outbox.state = 'refused'))::int as refused
from signal
left join outbox on outbox.site_id = :site_id and outbox.mail_id = signal.message_id
group by signal.name
order by messages desc, signal.name;

-- name: count_unaccounted(site_id, first_id)$
-- Messages accepted since an id that have no state: must be 0.
select count(*)::int from message
where message.site_id = :site_id and message.message_id >= :first_id
    and not exists (select 1 from outbox
        where outbox.site_id = message.site_id and outbox.mail_id = message.message_id offset 0);

-- name: oldest_due_of(site_id)$
-- Age in seconds of the oldest mail of a site that is due.
select coalesce(extract(epoch from now() - min(outbox.due_at)), 0)::float8 from outbox
where outbox.site_id = :site_id and outbox.state in ('queued', 'deferred', 'sending') and outbox.due_at <= now();

-- name: count_waiting(site_id)^
-- What the queue of a site counts, and the newest of each, so that a change of lines is seen.
with cases as materialized (
    select report_case.case_id::text as id from report_case
    where report_case.site_id = :site_id and report_case.state in ('received', 'in_review', 'escalated', 'appealed')
), held as materialized (
    select outbox.mail_id::text as id from outbox
    where outbox.site_id = :site_id and outbox.state = 'held' and outbox.kind in ('contact', 'reply') and outbox.reason <> 'frozen'
), confirmations as materialized (
    select confirmation.confirmation_id::text as id from confirmation
    where confirmation.site_id = :site_id and confirmation.state = 'waiting' and confirmation.ends_at > now()
)
select
    (select count(*) from confirmations)::int as confirmations, (select max(confirmations.id) from confirmations) as newest_confirmation,
    (select count(*) from cases)::int as cases, (select max(cases.id) from cases) as newest_case,
    (select count(*) from held)::int as held, (select max(held.id) from held) as newest_held;

-- name: read_site_key(site_id)^
-- Which master key wraps the key of a site, and since when the site is there.
select site.wrapped_key, site.created_at from site where site.site_id = :site_id;

-- name: count_due(site_id, names, places, from_ids, before_ids)
-- How many rows of each class lie between two ids: one count for each day of the calendar.
select asked.name, asked.place,
    (case asked.name
        when 'messages' then (select count(*) from message
            where message.site_id = :site_id and message.message_id >= asked.from_id and message.message_id < asked.before_id)
        when 'traces' then (select count(*) from sender_trace
            where sender_trace.site_id = :site_id and sender_trace.message_id >= asked.from_id and sender_trace.message_id < asked.before_id)
        when 'reports' then (select count(*) from report
            where report.site_id = :site_id and report.report_id >= asked.from_id and report.report_id < asked.before_id)
        else (select count(*) from inbound
            where inbound.site_id = :site_id and inbound.inbound_id >= asked.from_id and inbound.inbound_id < asked.before_id)
    end)::int as due
from unnest(:names::text[], :places::integer[], :from_ids::uuid[], :before_ids::uuid[])
    as asked (name, place, from_id, before_id);
