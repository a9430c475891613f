-- name: add_staff(staff_id, name, wrapped_key)!
-- Staff, their links, sessions and tries are the operator's; only roles are of a site.
insert into staff (staff_id, name, wrapped_key) values (:staff_id, :name, :wrapped_key);

-- name: find_staff(name)^
select staff_id, name, wrapped_key, password_hash, sealed_totp, totp_step from staff
where name = :name and closed_at is null;

-- name: name_of_staff(staff_id)$
select name from staff where staff_id = :staff_id;

-- name: list_staff()
-- Everybody with their roles, for the operator.
select
    staff.name, staff.created_at, staff.closed_at, (staff.password_hash is not null) as is_ready,
    coalesce(array_agg(site.slug || ':' || staff_role.role order by site.slug, staff_role.role)
        filter (where site.slug is not null), '{}') as roles
from staff
left join staff_role on staff_role.staff_id = staff.staff_id
left join site on site.site_id = staff_role.site_id
group by staff.staff_id
order by staff.name;

-- name: list_site_staff(site_id)
-- Who may do what at a site.
select staff.name, array_agg(staff_role.role order by staff_role.role) as roles
from staff_role join staff on staff.staff_id = staff_role.staff_id
where staff_role.site_id = :site_id and staff.closed_at is null
group by staff.staff_id
order by staff.name;

-- name: close_staff(staff_id)!
update staff set closed_at = now(), password_hash = null, sealed_totp = null where staff_id = :staff_id;

-- name: grant_role(site_id, staff_id, role)!
insert into staff_role (site_id, staff_id, role) values (:site_id, :staff_id, :role)
on conflict do nothing;

-- name: revoke_role(site_id, staff_id, role)!
delete from staff_role where site_id = :site_id and staff_id = :staff_id and role = :role;

-- name: delete_links(staff_id)!
delete from staff_link where staff_id = :staff_id;

-- name: add_link(link_hash, staff_id, sealed_totp, expires_at)!
insert into staff_link (link_hash, staff_id, sealed_totp, expires_at)
values (:link_hash, :staff_id, :sealed_totp, :expires_at);

-- name: read_staff_link(link_hash, now)^
select staff.staff_id, staff.name, staff.wrapped_key, staff_link.sealed_totp
from staff_link join staff on staff.staff_id = staff_link.staff_id
where staff_link.link_hash = :link_hash and staff_link.expires_at > :now and staff.closed_at is null;

-- name: use_link(link_hash, now)^
-- Take a link; of two that come at once only one gets the row.
delete from staff_link where link_hash = :link_hash and expires_at > :now returning staff_id;

-- name: set_credentials(staff_id, password_hash, sealed_totp, totp_step)!
update staff set password_hash = :password_hash, sealed_totp = :sealed_totp, totp_step = :totp_step
where staff_id = :staff_id;

-- name: take_step(staff_id, totp_step)^
-- Use up a code: no row when it, or a later one, was used before.
update staff set totp_step = :totp_step
where staff_id = :staff_id and totp_step < :totp_step and closed_at is null
returning staff_id;

-- name: count_tries(subjects, hour)
-- Count a try to log in for each subject; returns how many there were in this hour.
insert into staff_try (subject_hash, hour, tries)
select distinct asked.subject_hash, :hour::timestamptz, 1
from unnest(:subjects::bytea[]) as asked (subject_hash) order by asked.subject_hash
on conflict (subject_hash, hour) do update set tries = staff_try.tries + 1
returning subject_hash, tries;

-- name: forgive_tries(subjects, hour)!
-- A log-in that worked was no try; earlier hours are forgotten.
with old as (
    delete from staff_try where hour < :hour::timestamptz - interval '1 day'
)
update staff_try set tries = greatest(0, tries - 1)
where hour = :hour and subject_hash = any (:subjects::bytea[]);

-- name: start_session(session_hash, session_id, staff_id, started_at, expires_at)!
insert into staff_session (session_hash, session_id, staff_id, started_at, expires_at)
values (:session_hash, :session_id, :staff_id, :started_at, :expires_at);

-- name: read_session(session_hash, now)^
-- Whose session it is, and the roles held now.
select
    staff_session.session_id, staff_session.expires_at, staff.staff_id, staff.name,
    array(select staff_role.site_id from staff_role where staff_role.staff_id = staff.staff_id
        order by staff_role.site_id, staff_role.role) as site_ids,
    array(select staff_role.role from staff_role where staff_role.staff_id = staff.staff_id
        order by staff_role.site_id, staff_role.role) as roles
from staff_session join staff on staff.staff_id = staff_session.staff_id
where staff_session.session_hash = :session_hash and staff_session.expires_at > :now and staff.closed_at is null;

-- name: list_roles(site_id, staff_id)
-- What somebody may do at a site now; nothing once they are gone.
select staff_role.role
from staff_role join staff on staff.staff_id = staff_role.staff_id
where staff_role.site_id = :site_id and staff_role.staff_id = :staff_id and staff.closed_at is null;

-- name: list_sessions(staff_id, now)
select session_id, started_at, expires_at from staff_session
where staff_id = :staff_id and expires_at > :now
order by started_at desc;

-- name: end_session(staff_id, session_id)!
delete from staff_session where staff_id = :staff_id and session_id = :session_id;

-- name: end_sessions(staff_id)!
delete from staff_session where staff_id = :staff_id;

-- name: end_old_sessions(now)!
delete from staff_session where expires_at <= :now;
