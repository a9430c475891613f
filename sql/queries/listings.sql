-- name: find_person(site_id, mail_hash)^
select person_id, wrapped_key from person where site_id = :site_id and mail_hash = :mail_hash;

-- name: add_person(site_id, person_id, mail_hash, wrapped_key, sealed_mail)!
insert into person (site_id, person_id, mail_hash, wrapped_key, sealed_mail)
values (:site_id, :person_id, :mail_hash, :wrapped_key, :sealed_mail)
on conflict (site_id, mail_hash) do nothing;

-- name: put_listing(site_id, listing_id, ref, title, details, url, language, state, advertiser_id, sealed_advertiser, phone_hash, show_phone)^
-- Create or replace a listing; says which of the two happened.
-- No state keeps what the advertiser chose, and opens it otherwise; no show_phone keeps the choice made.
insert into listing (site_id, listing_id, ref, title, details, url, language, state,
    advertiser_id, sealed_advertiser, phone_hash, show_phone, ended_at)
values (:site_id, :listing_id, :ref, :title, :details, :url, :language, coalesce(:state, 'open'),
    :advertiser_id, :sealed_advertiser, :phone_hash, coalesce(:show_phone, false), case :state when 'closed' then now() end)
on conflict (site_id, ref) do update set
    title = excluded.title, details = excluded.details, url = excluded.url, language = excluded.language,
    state = case when :state is null and listing.is_chosen then listing.state else excluded.state end,
    is_chosen = listing.is_chosen and :state is null,
    ended_at = case when coalesce(:state, case when listing.is_chosen then listing.state else 'open' end) = 'closed'
        then coalesce(listing.ended_at, now()) end,
    advertiser_id = excluded.advertiser_id, sealed_advertiser = excluded.sealed_advertiser,
    phone_hash = excluded.phone_hash,
    show_phone = coalesce(:show_phone, listing.show_phone and listing.advertiser_id = excluded.advertiser_id), updated_at = now()
returning listing_id, (xmax = 0) as created, state, show_phone, updated_at;

-- name: read_listing(site_id, ref)^
select
    listing.listing_id, listing.ref, listing.title, listing.details, listing.url, listing.language,
    listing.state, listing.show_phone, listing.sealed_advertiser, listing.advertiser_id, listing.updated_at,
    person.wrapped_key, person.sealed_mail
from listing
join person on person.site_id = listing.site_id and person.person_id = listing.advertiser_id
where listing.site_id = :site_id and listing.ref = :ref;

-- name: read_public_listing(site_id, ref)^
-- What a page may show of a listing: nothing of its advertiser.
select listing_id, ref, title, details, url, language, state, updated_at
from listing where site_id = :site_id and ref = :ref;

-- name: close_listing(site_id, ref, is_chosen)^
-- End a listing, by its site or by its advertiser's choice: no new contact is taken; conversations go on.
update listing set state = 'closed', is_chosen = :is_chosen, updated_at = now(), ended_at = coalesce(ended_at, now())
where site_id = :site_id and ref = :ref
returning listing_id;

-- name: show_phone(site_id, listing_id, shown)^
update listing set show_phone = :shown, updated_at = now()
where site_id = :site_id and listing_id = :listing_id
returning listing_id;
