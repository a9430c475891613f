-- name: all_sites()
-- Every site of this operator with its newest policy; the start of every look-up, so it names no site.
select
    site.site_id, site.slug, site.mode, site.wrapped_key, site.origins,
    site_policy.version as policy_version, site_policy.source as policy_source
from site
join site_policy on site_policy.site_id = site.site_id and site_policy.version = site.policy_version;

-- name: find_key(key_hash)^
-- The site a key opens; the key is the scope, so this asks by key alone.
select site_id, kind from site_key
where key_hash = :key_hash and (expires_at is null or expires_at > now());

-- name: add_site(site_id, slug, mode, wrapped_key, policy_version, origins)!
insert into site (site_id, slug, mode, wrapped_key, policy_version, origins)
values (:site_id, :slug, :mode, :wrapped_key, :policy_version, :origins);

-- name: publish_policy(site_id, version, source)!
-- A published version never changes.
insert into site_policy (site_id, version, source) values (:site_id, :version, :source);

-- name: use_policy(site_id, version)!
update site set policy_version = :version where site_id = :site_id;

-- name: set_origins(site_id, origins)!
update site set origins = :origins where site_id = :site_id;

-- name: add_key(site_id, key_hash, kind, label)!
insert into site_key (site_id, key_hash, kind, label) values (:site_id, :key_hash, :kind, :label);

-- name: retire_keys(site_id, until)!
-- Give the keys in use an end, so that a new pair can take over without a gap.
update site_key set expires_at = :until
where site_id = :site_id and (expires_at is null or expires_at > :until);

-- name: list_keys(site_id)
select kind, label, created_at, expires_at from site_key
where site_id = :site_id order by created_at;
