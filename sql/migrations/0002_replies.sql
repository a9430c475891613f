-- The way back: mails that come in, replies, their files, known addresses, consent to show a number.

alter table listing add column ended_at timestamptz;       -- its aliases live thirty days longer
update listing set ended_at = updated_at where state = 'closed';

-- Who wrote the message; its mail goes to the other side.
alter table message add column side text not null default 'buyer' check (side in ('buyer', 'advertiser'));
create index message_by_conversation on message (site_id, conversation_id, message_id);

-- Which side ended the conversation: only that side begins it again.
alter table conversation add column blocked_by text check (blocked_by in ('buyer', 'advertiser'));
update conversation set blocked_by = 'advertiser' where blocked_at is not null;

-- A consent to show one's number to the other party of one conversation; without the row it is hidden again.
create table reveal (
    site_id           uuid not null,
    conversation_id   uuid not null,
    side              text not null check (side in ('buyer', 'advertiser')),   -- whose number it is
    person_id         uuid not null,           -- who agreed: a listing may pass to somebody else
    granted_at        timestamptz not null default now(),
    primary key (site_id, conversation_id, side, person_id)
);

-- Other addresses from which a person said to write («C'est bien moi»).
create table known_address (
    site_id           uuid not null,
    person_id         uuid not null,
    mailbox_hash      bytea not null,
    created_at        timestamptz not null default now(),
    primary key (site_id, person_id, mailbox_hash)
);

-- Files that came with a message, cleaned before they are stored.
create table message_file (
    site_id           uuid not null,
    message_id        uuid not null,
    number            smallint not null,
    kind              text not null,           -- media type
    sealed_content    bytea not null,          -- by the key of the message's sender
    primary key (site_id, message_id, number)
);

-- A mail that came in, committed before it is answered 250, sealed, until it is read and its short life is over.
create table inbound (
    site_id           uuid not null,
    inbound_id        uuid not null,
    conversation_id   uuid not null,
    side              text not null check (side in ('buyer', 'advertiser')),   -- who is expected to have written
    mail_id           uuid,                    -- of the mail a bounce address names; null for a reply address
    owner_id          uuid not null,           -- person whose key seals the mail
    copy_hash         bytea not null,          -- names one delivery to one address: the server may repeat it
    sealed_raw        bytea,                   -- null once it was read
    state             text not null check (state in ('queued', 'reading', 'read', 'held', 'ended')),
    reason            text not null,
    due_at            timestamptz not null default now(),   -- next reading; while reading, the end of the lease
    token             bigint not null default 0,
    tries             smallint not null default 0,
    received_at       timestamptz not null default now(),
    primary key (site_id, inbound_id),
    unique (site_id, copy_hash)
);
create index inbound_due on inbound (due_at) where state in ('queued', 'reading');
create index inbound_by_age on inbound (site_id, received_at);

alter table outbox drop constraint outbox_kind_check;
alter table outbox add constraint outbox_kind_check check (kind in ('contact', 'reply', 'receipt', 'notice', 'reader_notice'));
create index outbox_due_reply on outbox (site_id, due_at) where kind = 'reply' and state in ('queued', 'deferred', 'sending');

-- A mail of the relay to itself, by which `relay doctor` proves the whole way; forgotten within a day.
create table probe (
    probe_id          uuid primary key,
    verdicts          text[] not null,         -- what servers on the way found (Authentication-Results)
    arrived_at        timestamptz not null default now()
);
