-- name: record_look(site_id, staff_id, action, subject, reason, at)$
-- Add a look to its site's chain; returns its digest.
select record_look(:site_id, :staff_id, :action, :subject, :reason, :at);

-- name: page_looks(site_id, after_number, most)
-- A chain from its beginning, page by page, to be checked.
select number, staff_id, action, subject, reason, at, previous, digest from look
where site_id = :site_id and number > :after_number
order by number limit :most;

-- name: list_looks(site_id, staff_id, before_number, most)
-- Newest looks first, of one person or, without one, of all.
select look.number, look.action, look.subject, look.reason, look.at, staff.name
from look join staff on staff.staff_id = look.staff_id
where look.site_id = :site_id and look.number < :before_number
    and (:staff_id::uuid is null or look.staff_id = :staff_id)
order by look.number desc limit :most;

-- name: read_chain(site_id)^
-- Where a chain begins and ends; no row before the first look.
select first_number, last_number, last_digest from look_chain where site_id = :site_id;

-- name: forget_looks(site_id)$
-- Delete looks whose twelve months are over; returns how many.
select forget_looks(:site_id);

-- name: count_guards()$
-- How many of the four triggers that refuse changes, at any site, are switched on.
select count(*)::int from pg_trigger
where tgrelid in ('look'::regclass, 'look_chain'::regclass) and tgenabled = 'O' and not tgisinternal;
