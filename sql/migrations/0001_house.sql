-- Sites, their keys, policies, listings, people, conversations, messages, outbox, attempts.
--
-- Every table that holds a site's data starts its primary key with site_id.
-- Columns named sealed_* hold AES-256-GCM values (relay/sealing.py); *_hash columns hold keyed hashes.
-- Large tables are range-partitioned by a UUIDv7, that is by time; ensure_partitions makes the months.

create table site (
    site_id           uuid primary key,
    slug              text not null unique,
    mode              text not null check (mode in ('live', 'test')),
    wrapped_key       bytea not null,          -- look-up hashes, reply addresses, listing tokens
    policy_version    integer not null,
    origins           text[] not null,         -- pages that may post to /f and be returned to
    created_at        timestamptz not null default now()
);

create table site_policy (
    site_id           uuid not null references site,
    version           integer not null,
    source            text not null,           -- the TOML file, unchanged
    published_at      timestamptz not null default now(),
    primary key (site_id, version)
);

create table site_key (
    site_id           uuid not null references site,
    key_hash          bytea not null unique,   -- SHA-256 of the whole key
    kind              text not null check (kind in ('public', 'secret')),
    label             text not null,           -- first characters, to recognise it
    created_at        timestamptz not null default now(),
    expires_at        timestamptz,             -- set when a newer pair replaced it
    primary key (site_id, key_hash)
);

create table person (
    site_id           uuid not null,
    person_id         uuid not null,
    mail_hash         bytea not null,          -- the exact address, lower case
    wrapped_key       bytea,                   -- null once erased: nothing sealed with it can be read
    sealed_mail       bytea,
    created_at        timestamptz not null default now(),
    primary key (site_id, person_id),
    unique (site_id, mail_hash)
);

create table listing (
    site_id           uuid not null,
    listing_id        uuid not null,
    ref               text not null,           -- the site's own number
    title             text not null,
    details           text not null,           -- price and town, as the site words them
    url               text,
    language          text not null,
    state             text not null check (state in ('open', 'paused', 'closed')),
    advertiser_id     uuid not null,           -- person
    sealed_advertiser bytea not null,          -- JSON: pseudonym, phone, company, siret, vat
    show_phone        boolean not null,        -- read when a mail is sent, not when it is queued
    is_chosen         boolean not null default false,  -- the advertiser paused or ended it: a site's routine update keeps that
    updated_at        timestamptz not null default now(),
    primary key (site_id, listing_id),
    unique (site_id, ref)
);

create table conversation (
    site_id           uuid not null,
    conversation_id   uuid not null,
    listing_id        uuid not null,
    buyer_id          uuid not null,           -- person
    blocked_at        timestamptz,             -- the advertiser takes no more messages of this buyer
    created_at        timestamptz not null default now(),
    primary key (site_id, conversation_id),
    unique (site_id, listing_id, buyer_id)
);

create table reply_address (
    site_id           uuid not null,
    conversation_id   uuid not null,
    side              text not null check (side in ('buyer', 'advertiser')),
    address_hash      bytea not null,          -- SHA-256 of the local part, which is derived, never stored
    primary key (site_id, conversation_id, side)
);
create unique index reply_address_by_hash on reply_address (address_hash);

create table message (
    site_id           uuid not null,
    message_id        uuid not null,
    conversation_id   uuid not null,
    sender_id         uuid not null,           -- person whose key seals the content
    language          text not null,
    sealed_content    bytea not null,          -- JSON: name, email, phone (E.164), phone_typed, text
    mailbox_hash      bytea not null,          -- the address in normal form (validation.mailbox_key)
    phone_hash        bytea,
    text_hash         bytea not null,
    policy_version    integer not null,        -- the notice its sender saw
    score             smallint not null,
    signals           text[] not null,         -- names of what raised the score
    received_at       timestamptz not null,
    primary key (site_id, message_id)
) partition by range (message_id);

create table sender_trace (
    site_id           uuid not null,
    message_id        uuid not null,
    sender_id         uuid not null,           -- person whose key seals the origin
    sealed_origin     bytea not null,          -- JSON: ip, port, chain, user agent raw and parsed
    ip_hash           bytea not null,
    net_hash          bytea not null,          -- /24 or /48
    browser_hash      bytea not null,          -- user agent and accepted languages
    received_at       timestamptz not null,
    primary key (site_id, message_id)
) partition by range (message_id);

-- One row per accepted request: it makes a repeated request the same message.
create table idempotency (
    site_id           uuid not null,
    message_id        uuid not null,
    key_hash          bytea,                   -- of the Idempotency-Key, kept 24 hours
    request_hash      bytea not null,          -- what the key was used for
    content_hash      bytea,                   -- listing, sender and text, kept 10 minutes
    state             text not null,           -- what was answered: held or queued
    created_at        timestamptz not null,
    primary key (site_id, message_id)
);
create unique index idempotency_by_key on idempotency (site_id, key_hash);
create unique index idempotency_by_content on idempotency (site_id, content_hash);
create index idempotency_by_age on idempotency (created_at);

-- The work and the state of every mail. A contact's mail_id is its message_id.
create table outbox (
    site_id           uuid not null,
    mail_id           uuid not null,
    message_id        uuid not null,
    kind              text not null check (kind in ('contact', 'receipt', 'notice')),
    state             text not null check (state in (
        'held', 'queued', 'sending', 'deferred',
        'delivered', 'bounced', 'expired', 'refused', 'cancelled', 'unconfirmed', 'purged')),
    reason            text not null,
    due_at            timestamptz not null,    -- next attempt; while sending, the end of the lease
    token             bigint not null default 0,   -- fencing: of the claim that may write the outcome
    tries             integer not null default 0,
    crashes           smallint not null default 0,
    ambiguous         smallint not null default 0,
    expires_at        timestamptz not null,
    delay_told        boolean not null default false,
    settled_at        timestamptz,
    primary key (site_id, mail_id)
) partition by range (mail_id);
create index outbox_due on outbox (site_id, due_at) where state in ('queued', 'deferred', 'sending');
create index outbox_held on outbox (due_at) where state = 'held';
create sequence outbox_token;

-- Written before the relay connects; phase is the furthest step known to be reached.
create table attempt (
    site_id           uuid not null,
    mail_id           uuid not null,
    token             bigint not null,
    number            integer not null,
    route             text not null,
    phase             text not null,
    started_at        timestamptz not null default now(),
    ended_at          timestamptz,
    tls               text,
    outcome           text,
    reason            text,
    code              smallint,
    enhanced          text,
    primary key (site_id, mail_id, token)
) partition by range (mail_id);

create table suppression (
    site_id           uuid not null,
    mail_hash         bytea not null,
    reason            text not null,
    created_at        timestamptz not null default now(),
    expires_at        timestamptz not null,
    primary key (site_id, mail_hash)
);

-- What a party says is wrong with a message; a moderator decides.
create table report (
    site_id           uuid not null,
    report_id         uuid not null,
    message_id        uuid not null,
    reporter_id       uuid not null,           -- person whose key seals the note
    sealed_note       bytea not null,
    created_at        timestamptz not null default now(),
    primary key (site_id, report_id),
    unique (site_id, message_id, reporter_id)
);

-- Fixed-text mails an address may get once a day (receipts) or once a message (notices).
create table told (
    site_id           uuid not null,
    told_hash         bytea not null,
    created_at        timestamptz not null default now(),
    primary key (site_id, told_hash)
);
create index told_by_age on told (created_at);

-- The operator's next hops: a pause after 421, 451 or 535 holds the whole route, never a row.
create table route (
    route             text primary key,
    paused_until      timestamptz,
    reason            text not null,
    pauses            smallint not null default 0
);

create function ensure_partitions(first_month date, months integer) returns integer
language plpgsql as $$
declare
    parent text;
    month  date;
    name   text;
    made   integer := 0;
begin
    foreach parent in array array['message', 'sender_trace', 'outbox', 'attempt'] loop
        execute format('create table if not exists %I partition of %I default', parent || '_default', parent);
        for i in 0 .. months - 1 loop
            month := (date_trunc('month', first_month) + make_interval(months => i))::date;
            name := parent || to_char(month, '_YYYY_MM');
            continue when to_regclass(name) is not null;
            execute format('create table %I partition of %I for values from (%L) to (%L)', name, parent,
                first_uuidv7(month), first_uuidv7((month + interval '1 month')::date));
            made := made + 1;
        end loop;
    end loop;
    return made;
end $$;

-- The smallest UUIDv7 of a day: 48 bits of Unix milliseconds, then zeros (RFC 9562 5.7).
create function first_uuidv7(day date) returns uuid
language sql immutable as $$
    select (lpad(to_hex((extract(epoch from day::timestamp) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- One accepted contact on its way into the tables (sql/queries/contacts.sql, store_contacts).
-- A later version gets a type of its own, so that old and new code can serve side by side.
create type new_contact as (
    site_id           uuid,
    message_id        uuid,
    key_hash          bytea,
    request_hash      bytea,
    content_hash      bytea,
    received_at       timestamptz,
    sender_id         uuid,
    sender_is_new     boolean,
    mail_hash         bytea,
    wrapped_key       bytea,
    sealed_mail       bytea,
    conversation_id   uuid,
    conversation_is_new boolean,
    listing_id        uuid,
    buyer_address_hash bytea,
    advertiser_address_hash bytea,
    language          text,
    sealed_content    bytea,
    mailbox_hash      bytea,
    phone_hash        bytea,
    text_hash         bytea,
    policy_version    integer,
    score             smallint,
    signals           text[],
    sealed_origin     bytea,
    ip_hash           bytea,
    net_hash          bytea,
    browser_hash      bytea,
    state             text,
    reason            text,
    due_at            timestamptz,
    expires_at        timestamptz,
    receipt_id        uuid,
    told_hash         bytea
);

-- One outcome on its way into the tables (sql/queries/outbox.sql, settle).
create type mail_outcome as (
    site_id           uuid,
    mail_id           uuid,
    token             bigint,
    state             text,                    -- the state the mail takes
    outcome           text,                    -- what became of this attempt
    reason            text,
    phase             text,
    route             text,                    -- the next hop that was spoken to; null when none was
    wait_s            double precision,        -- null when the state is an end
    untried           boolean,                 -- the attempt does not count: the route is paused
    crashed           boolean,
    ambiguous         boolean,
    tls               text,
    code              smallint,
    enhanced          text,
    suppress_hash     bytea,
    notice_id         uuid,                    -- a mail that tells the sender, at most one a day
    notice            text,
    told_hash         bytea
);
