-- The rights desk (GDPR 12, 15-21): requests, their proofs and history, certificates, what was erased.

-- A frozen person's key is set aside: what needs it finds none, as of a person erased, until it is put back.
alter table person add column frozen_key bytea;
alter table person add column frozen_at timestamptz;

-- One person's request. What it says is sealed by a key of its own, which outlives the person's and goes when
-- the desk no longer needs it; what stays is the register.
create table data_request (
    site_id           uuid not null references site,
    request_id        uuid not null,
    door              text not null check (door in ('page', 'link', 'mailbox', 'staff')),
    kind              text check (kind in
        ('access', 'portability', 'rectification', 'erasure', 'restriction', 'objection')),   -- null: not said yet
    language          text not null,
    state             text not null check (state in ('received', 'identity_pending', 'accepted', 'ready', 'delivered',
        'partly_held', 'refused', 'expired', 'duplicate', 'withdrawn', 'closed')),
    received_at       timestamptz not null,    -- the clock runs from here
    due_on            date not null,           -- last day of the answer, as pauses and extensions move it
    paused_at         timestamptz,             -- proof is awaited since
    paused_days       integer not null default 0,
    proved_at         timestamptz,
    extended_at       timestamptz,
    decided_by        uuid,                    -- staff
    decided_at        timestamptz,
    ground            text,                    -- of a refusal, by its code
    acts_at           timestamptz,             -- when an accepted request is carried out: until then it is taken back
    answered_at       timestamptz,
    link_until        timestamptz,             -- end of the link by which the answer is had
    ended_at          timestamptz,
    contested_at      timestamptz,
    changed_at        timestamptz not null,    -- of its state
    reminded          smallint not null default 0,   -- reminders sent to the officer
    subject_hash      bytea,                   -- the mailbox concerned; null once the content is gone
    copy_hash         bytea,                   -- names the mail it came with
    wrapped_key       bytea,                   -- null once the content is gone
    sealed_content    bytea,                   -- JSON: email, phone, details, changes, note
    sealed_mail       bytea,                   -- the mail it came with, until it is read
    kept_id           uuid,                    -- person under whom lies what the law keeps after an erasure
    primary key (site_id, request_id)
);
create unique index data_request_by_copy on data_request (site_id, copy_hash);
create index data_request_by_subject on data_request (site_id, subject_hash, request_id) where subject_hash is not null;
create index data_request_live on data_request (site_id, state, request_id)
    where state in ('received', 'identity_pending', 'accepted', 'ready', 'delivered', 'partly_held');

-- What shows that an address is the requester's: a code sent there, kept as a keyed hash.
create table request_proof (
    site_id           uuid not null,
    request_id        uuid not null,
    address           text not null check (address in ('own', 'new')),   -- new: of a rectification
    code_hash         bytea,                   -- null once used, over or tried too often
    sealed_code       bytea,                   -- by the key of the request, for the letter
    expires_at        timestamptz not null,
    tries             smallint not null default 0,
    sent              smallint not null default 1,
    proved_at         timestamptz,
    primary key (site_id, request_id, address)
);

-- Every step of a request: who, when, why by its code. Nothing of the person.
create table request_event (
    site_id           uuid not null,
    event_id          uuid not null,
    request_id        uuid not null,
    event             text not null,
    state             text not null,           -- the one it led to
    actor             text not null,           -- person, system, or the id of staff
    reason            text not null,
    at                timestamptz not null,
    primary key (site_id, event_id)
);
create index request_event_by_request on request_event (site_id, request_id, event_id);

-- What an erasure took and what the law keeps, counted, signed as purge reports are.
create table erasure_certificate (
    site_id           uuid not null,
    certificate_id    uuid not null,
    request_id        uuid not null,
    body              text not null,           -- JSON, as it was signed
    signature         bytea not null,
    primary key (site_id, certificate_id)
);
create index erasure_certificate_by_request on erasure_certificate (site_id, request_id, certificate_id);

-- Persons whose keys were destroyed, and when; a restore writes here whom it erased again (relay backup restored).
create table erasure_log (
    site_id           uuid not null,
    person_id         uuid not null,
    request_id        uuid not null,
    erased_at         timestamptz not null,
    primary key (site_id, person_id)
);

-- What a mailbox's owner objected to (GDPR 21).
create table objection (
    site_id           uuid not null,
    mailbox_hash      bytea not null,
    purpose           text not null check (purpose in ('mail', 'statistics', 'security')),
    request_id        uuid not null,
    since             timestamptz not null,
    primary key (site_id, mailbox_hash, purpose)
);
