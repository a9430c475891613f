-- The desk at work: keys that are looked up, texts that are near the same, blocks, cases and acts.

-- One exact look-up each; message_id last, so that a page is read from the index in its order.
create index message_by_phone on message (site_id, phone_hash, message_id) where phone_hash is not null;
create index message_by_mailbox on message (site_id, mailbox_hash, message_id);
create index sender_trace_by_ip on sender_trace (site_id, ip_hash, message_id);
create index sender_trace_by_net on sender_trace (site_id, net_hash, message_id);
create index sender_trace_by_browser on sender_trace (site_id, browser_hash, message_id);

-- Texts that are near the same (relay/near.py), found after a message was accepted: no cost to its sender.
-- All values are made with a key of the site: nothing of a text can be guessed from them.
create table text_cluster (
    site_id           uuid not null,
    cluster_id        uuid not null,           -- its first message
    sketch            bytea not null,          -- 32 minima; empty for a text of few words
    primary key (site_id, cluster_id)
);
create table text_band (
    site_id           uuid not null,
    band              bytea not null,
    cluster_id        uuid not null,
    primary key (site_id, band, cluster_id)
);
create index text_band_by_cluster on text_band (site_id, cluster_id);
create table text_mark (
    site_id           uuid not null,
    message_id        uuid not null,
    cluster_id        uuid not null,
    is_short          boolean not null,        -- too few words to link anybody
    primary key (site_id, message_id)
);
create index text_mark_by_cluster on text_mark (site_id, cluster_id, message_id);

-- Who is looked at more closely, until when; lifted by moving the end of its keys.
create table block (
    site_id           uuid not null references site,
    block_id          uuid not null,
    kind              text not null check (kind in ('phone', 'mailbox', 'ip', 'net', 'text')),
    effect            text not null check (effect in ('score', 'hold')),   -- never a silent drop
    sketch            bytea not null,          -- of a text; empty for other kinds
    sealed_note       bytea not null,          -- JSON: shown, note; by the key of the site
    placed_by         uuid not null,           -- staff
    placed_at         timestamptz not null,
    ends_at           timestamptz not null,
    lifted_at         timestamptz,
    primary key (site_id, block_id)
);
create table block_key (
    site_id           uuid not null,
    key_hash          bytea not null,          -- what accepted messages are asked for; several for a text
    block_id          uuid not null,
    until             timestamptz not null,
    primary key (site_id, key_hash, block_id),
    foreign key (site_id, block_id) references block on delete cascade
);
create index block_key_by_block on block_key (site_id, block_id);

-- What a notice says besides its note (DSA 16); a report of staff or of the site itself names no person.
alter table report alter column reporter_id drop not null;
alter table report add column category text not null default 'other';
alter table report add column source text not null default 'party'
    check (source in ('party', 'staff', 'site', 'third_party', 'trusted', 'authority'));
alter table report add column sealed_details bytea;     -- JSON: law, name, mail; by the key of the site
alter table report add column good_faith_at timestamptz;
alter table report add column acknowledged_at timestamptz;   -- null: not yet part of a case

-- All reports of one message are one case, decided once and, on appeal, judged by another person (DSA 20).
create table report_case (
    site_id           uuid not null,
    case_id           uuid not null,
    message_id        uuid not null,
    state             text not null check (state in (
        'received', 'in_review', 'escalated', 'decided', 'appealed', 'upheld', 'overturned')),
    category          text not null,
    opened_at         timestamptz not null,    -- receipt of the first report: clocks run from here
    taken_by          uuid,                    -- staff
    taken_until       timestamptz,
    decided_by        uuid,
    decided_at        timestamptz,
    decision          text check (decision in ('no_action', 'action')),
    sealed_statement  bytea,                   -- JSON: the reasons given (DSA 17); by the key of the site
    appeal_until      timestamptz,
    appealed_by       text check (appealed_by in ('author', 'reporter')),
    appealed_at       timestamptz,
    sealed_appeal     bytea,                   -- by the key of the site
    judged_by         uuid check (judged_by <> decided_by),
    judged_at         timestamptz,
    hold_id           uuid,                    -- keeps the evidence from the purge
    primary key (site_id, case_id),
    unique (site_id, message_id)
);
create index report_case_open on report_case (site_id, case_id) where state in ('received', 'in_review', 'escalated', 'appealed');
create index report_case_by_staff on report_case (site_id, decided_by, decided_at);
create index report_new on report (site_id, report_id) where acknowledged_at is null;

-- What staff did, and what undoes it. Ids only.
create table desk_act (
    site_id           uuid not null references site,
    act_id            uuid not null,
    staff_id          uuid not null,
    approved_by       uuid check (approved_by <> staff_id),
    action            text not null,
    reason            text not null,
    case_id           uuid,
    block_id          uuid,
    message_ids       uuid[] not null,         -- those it changed
    mail_ids          uuid[] not null,         -- notices it asked for
    at                timestamptz not null,
    undone_at         timestamptz,
    primary key (site_id, act_id)
);
create index desk_act_by_case on desk_act (site_id, case_id, act_id) where case_id is not null;
