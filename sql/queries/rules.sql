-- Rules put to messages before they leave, and what is shown of them.

-- name: read_grounds(site_ids, message_ids, mailbox_hashes, first_id)
-- For each message: its score, whether a person let it leave, the site's rules, and to how many listings its sender wrote.
select
    message.message_id, message.score,
    exists (select 1 from released
        where released.site_id = message.site_id and released.message_id = message.message_id) as is_released,
    array(select site_rule.rule from site_rule where site_rule.site_id = message.site_id and site_rule.mode = 'live') as live,
    array(select site_rule.rule from site_rule where site_rule.site_id = message.site_id and site_rule.mode = 'off') as off,
    (select count(distinct conversation.listing_id) from (
        select other.site_id, other.conversation_id from message as other
        where other.site_id = message.site_id and other.mailbox_hash = asked.mailbox_hash and other.message_id >= :first_id
        order by other.message_id desc limit 100
    ) as said
    join conversation on conversation.site_id = said.site_id and conversation.conversation_id = said.conversation_id)::int as listings
from unnest(:site_ids::uuid[], :message_ids::uuid[], :mailbox_hashes::bytea[]) as asked (site_id, message_id, mailbox_hash)
join message on message.site_id = asked.site_id and message.message_id = asked.message_id;

-- name: count_copies(site_id, cluster_ids, first_id, most)
-- How often texts of these clusters came since an id, to how many listings and from how many mailboxes.
select near.cluster_id, count(*)::int as copies, count(distinct conversation.listing_id)::int as listings,
    count(distinct message.mailbox_hash)::int as mailboxes
from unnest(:cluster_ids::uuid[]) as near (cluster_id)
cross join lateral (
    select text_mark.message_id from text_mark
    where text_mark.site_id = :site_id and text_mark.cluster_id = near.cluster_id
        and text_mark.message_id >= :first_id and not text_mark.is_short
    order by text_mark.message_id desc limit :most
) as mark
join message on message.site_id = :site_id and message.message_id = mark.message_id and message.side = 'buyer'
join conversation on conversation.site_id = :site_id and conversation.conversation_id = message.conversation_id
group by near.cluster_id;

-- name: add_hits(site_ids, message_ids, rules, points, lives, holds)!
-- Note what rules saw; a message that is tried again is judged again, by what is known then.
insert into rule_hit (site_id, message_id, rule, points, is_live, holds)
select seen.* from unnest(:site_ids::uuid[], :message_ids::uuid[], :rules::text[], :points::smallint[],
    :lives::boolean[], :holds::boolean[]) as seen (site_id, message_id, rule, points, is_live, holds)
on conflict (site_id, message_id, rule) do update set
    points = excluded.points, is_live = excluded.is_live, holds = rule_hit.holds or excluded.holds;

-- name: list_hits(site_id, message_id)
-- What rules saw in one message, the heaviest first.
select rule, points, is_live, holds from rule_hit
where site_id = :site_id and message_id = :message_id
order by points desc, rule;

-- name: list_modes(site_id)
select rule, mode from site_rule where site_id = :site_id;

-- name: lock_mode(site_id, rule)$
-- How much a rule counts, and nobody else switches it meanwhile; a rule without a row is in shadow.
insert into site_rule (site_id, rule, mode) values (:site_id, :rule, 'shadow')
on conflict (site_id, rule) do update set mode = site_rule.mode
returning mode;

-- name: set_mode(site_id, rule, mode)!
insert into site_rule (site_id, rule, mode) values (:site_id, :rule, :mode)
on conflict (site_id, rule) do update set mode = excluded.mode;

-- name: count_hits(site_id, first_id, week_id)
-- What each rule saw since an id and since a later one; held by it, and of those let go by a person.
select rule_hit.rule, count(*)::int as month, (count(*) filter (where rule_hit.message_id >= :week_id))::int as week,
    (count(*) filter (where rule_hit.holds and rule_hit.is_live))::int as held,
    (count(*) filter (where rule_hit.holds and not rule_hit.is_live))::int as would_hold,
    (count(*) filter (where rule_hit.holds and rule_hit.is_live and exists (select 1 from released
        where released.site_id = rule_hit.site_id and released.message_id = rule_hit.message_id)))::int as let_go
from rule_hit
where rule_hit.site_id = :site_id and rule_hit.message_id >= :first_id
group by rule_hit.rule;

-- name: find_by_rule(site_id, rule, before_id, most)
-- The newest messages in which a rule saw something.
select message_id from rule_hit
where site_id = :site_id and rule = :rule and message_id < :before_id
order by message_id desc
limit :most;

-- name: forget_hits(site_id, before_id)$
with gone as (
    delete from rule_hit where rule_hit.site_id = :site_id and rule_hit.message_id < :before_id returning 1
), let_go as (
    delete from released where released.site_id = :site_id and released.message_id < :before_id returning 1
)
select (select count(*) from gone) + (select count(*) from let_go);
