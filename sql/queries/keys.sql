-- name: page_wrapped_persons(site_id, after_id, most)
-- Keys that are not destroyed, those set aside among them, in the order of their persons.
select person_id as id, coalesce(wrapped_key, frozen_key) as wrapped_key from person
where site_id = :site_id and person_id > :after_id and coalesce(wrapped_key, frozen_key) is not null
order by person_id limit :most;

-- name: page_wrapped_requests(site_id, after_id, most)
select request_id as id, wrapped_key from data_request
where site_id = :site_id and request_id > :after_id and wrapped_key is not null
order by request_id limit :most;

-- name: page_wrapped_sites(site_id, after_id, most)
select site_id as id, wrapped_key from site
where site_id = :site_id and site_id > :after_id and :most > 0;

-- name: page_wrapped_staff(after_id, most)
select staff_id as id, wrapped_key from staff
where staff_id > :after_id
order by staff_id limit :most;

-- name: rewrap_persons(site_id, ids, olds, news)$
-- A key that was destroyed meanwhile stays so: only what was read is replaced.
with done as (
    update person set
        wrapped_key = case when person.wrapped_key = given.old_key then given.new_key end,
        frozen_key = case when person.frozen_key = given.old_key then given.new_key end
    from unnest(:ids::uuid[], :olds::bytea[], :news::bytea[]) as given (id, old_key, new_key)
    where person.site_id = :site_id and person.person_id = given.id
        and given.old_key in (person.wrapped_key, person.frozen_key)
    returning 1
)
select count(*) from done;

-- name: rewrap_requests(site_id, ids, olds, news)$
with done as (
    update data_request set wrapped_key = given.new_key
    from unnest(:ids::uuid[], :olds::bytea[], :news::bytea[]) as given (id, old_key, new_key)
    where data_request.site_id = :site_id and data_request.request_id = given.id
        and data_request.wrapped_key = given.old_key
    returning 1
)
select count(*) from done;

-- name: rewrap_sites(site_id, ids, olds, news)$
with done as (
    update site set wrapped_key = given.new_key
    from unnest(:ids::uuid[], :olds::bytea[], :news::bytea[]) as given (id, old_key, new_key)
    where site.site_id = :site_id and site.site_id = given.id and site.wrapped_key = given.old_key
    returning 1
)
select count(*) from done;

-- name: rewrap_staff(ids, olds, news)$
with done as (
    update staff set wrapped_key = given.new_key
    from unnest(:ids::uuid[], :olds::bytea[], :news::bytea[]) as given (id, old_key, new_key)
    where staff.staff_id = given.id and staff.wrapped_key = given.old_key
    returning 1
)
select count(*) from done;

-- name: count_ignorant_sessions(key_id)$
-- Sessions of the relay, any user's, whose process has no master key of that name.
select count(*) from pg_stat_activity
where datname = current_database() and application_name ~ '^relais( |$)'
    and not :key_id::text = any(string_to_array(application_name, ' '));

-- name: note_rotation(key_id, completed_at)!
insert into key_rotation (key_id, completed_at) values (:key_id, :completed_at)
on conflict (key_id) do nothing;

-- name: rotated_at(key_id)$
select completed_at from key_rotation where key_id = :key_id;

-- name: forget_unsaved_requests(site_id, ids)!
-- What these requests said was forgotten since the backup was made.
with proofs as (
    delete from request_proof where request_proof.site_id = :site_id and request_proof.request_id = any(:ids::uuid[])
)
update data_request set wrapped_key = null, sealed_content = null, sealed_mail = null, subject_hash = null, copy_hash = null
where data_request.site_id = :site_id and data_request.request_id = any(:ids::uuid[]);

-- name: hold_restored(site_id, until)
-- Mails that were under way when a backup was made: whether they arrived since, a person finds out.
update outbox set state = 'held', reason = 'restored', due_at = :until, token = nextval('outbox_token')
where site_id = :site_id and state in ('sending', 'deferred') and kind in ('contact', 'reply')
returning mail_id;

-- name: end_restored(site_id)$
-- The same for notices, which are never sent twice.
with ended as (
    update outbox set state = 'unconfirmed', reason = 'restored', settled_at = now(), token = nextval('outbox_token')
    where site_id = :site_id and state in ('sending', 'deferred') and kind not in ('contact', 'reply')
    returning 1
)
select count(*) from ended;

-- name: describe_backup(site_id)^
-- The last that a restored database knows of, and what will leave.
select
    (select received_at from message where message.site_id = :site_id order by message_id desc limit 1) as last_message_at,
    (select at from look where look.site_id = :site_id order by number desc limit 1) as last_look_at,
    (select count(*) from outbox where outbox.site_id = :site_id and state = 'queued') as queued;
