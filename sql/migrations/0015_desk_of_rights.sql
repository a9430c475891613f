-- The rights desk, completed: what an objection ends.

-- Connection data has an objection of its own where a policy keeps it on legitimate interest (GDPR 21).
alter table objection drop constraint objection_purpose_check;
alter table objection add constraint objection_purpose_check
    check (purpose in ('mail', 'statistics', 'security', 'traces'));
-- Since when it holds no more: an express consent given later ends the objection to what it is for.
alter table objection add column ended_at timestamptz;

-- Whose key seals what somebody outside a conversation reported, and what anybody contested: erased with that person.
-- Null: of staff, of whoever gave no address, and of before; by the key of the site then.
alter table report add column giver_id uuid;
create index report_by_giver on report (site_id, giver_id) where giver_id is not null;
alter table report_case add column appellant_id uuid;
create index report_case_by_appellant on report_case (site_id, appellant_id) where appellant_id is not null;

-- A copy of an identity document, asked only where reasonable doubt is left (GDPR 12(6)); gone with the decision.
create table identity_document (
    site_id           uuid not null,
    request_id        uuid not null,
    asked_by          uuid not null,           -- staff
    asked_at          timestamptz not null,
    given_at          timestamptz,
    kind              text check (kind in ('image/jpeg', 'image/png')),
    sealed_content    bytea,                   -- by the key of the request; null before it is given, and once deleted
    deleted_at        timestamptz,             -- of the last copy
    primary key (site_id, request_id)
);

-- Requests that a site's own program registers (POST /v1/data-requests); copy_hash names the key it repeats.
alter table data_request drop constraint data_request_door_check;
alter table data_request add constraint data_request_door_check
    check (door in ('page', 'link', 'mailbox', 'staff', 'site'));
