-- The schema after the last migration, written by `make schema` and compared by a test.
-- Months of partitioned tables are left out; functions have their bodies in the migrations.

create type mail_outcome as (
    site_id uuid,
    mail_id uuid,
    token bigint,
    state text,
    outcome text,
    reason text,
    phase text,
    route text,
    wait_s double precision,
    untried boolean,
    crashed boolean,
    ambiguous boolean,
    tls text,
    code smallint,
    enhanced text,
    suppress_hash bytea,
    notice_id uuid,
    notice text,
    told_hash bytea,
    provider text
);

create type new_contact as (
    site_id uuid,
    message_id uuid,
    key_hash bytea,
    request_hash bytea,
    content_hash bytea,
    received_at timestamp with time zone,
    sender_id uuid,
    sender_is_new boolean,
    mail_hash bytea,
    wrapped_key bytea,
    sealed_mail bytea,
    conversation_id uuid,
    conversation_is_new boolean,
    listing_id uuid,
    buyer_address_hash bytea,
    advertiser_address_hash bytea,
    language text,
    sealed_content bytea,
    mailbox_hash bytea,
    phone_hash bytea,
    text_hash bytea,
    policy_version integer,
    score smallint,
    signals text[],
    sealed_origin bytea,
    ip_hash bytea,
    net_hash bytea,
    browser_hash bytea,
    state text,
    reason text,
    due_at timestamp with time zone,
    expires_at timestamp with time zone,
    receipt_id uuid,
    told_hash bytea
);

create table attempt (
    site_id uuid not null,
    mail_id uuid not null,
    token bigint not null,
    number integer not null,
    route text not null,
    phase text not null,
    started_at timestamp with time zone not null default now(),
    ended_at timestamp with time zone,
    tls text,
    outcome text,
    reason text,
    code smallint,
    enhanced text,
    provider text,
    PRIMARY KEY (site_id, mail_id, token)
) partition by range (mail_id);

create table block (
    site_id uuid not null,
    block_id uuid not null,
    kind text not null,
    effect text not null,
    sketch bytea not null,
    sealed_note bytea not null,
    placed_by uuid not null,
    placed_at timestamp with time zone not null,
    ends_at timestamp with time zone not null,
    lifted_at timestamp with time zone,
    PRIMARY KEY (site_id, block_id),
    FOREIGN KEY (site_id) REFERENCES site(site_id),
    CHECK (effect = ANY (ARRAY['score'::text, 'hold'::text, 'refuse'::text])),
    CHECK (kind = ANY (ARRAY['phone'::text, 'mailbox'::text, 'ip'::text, 'net'::text, 'text'::text]))
);

create table block_key (
    site_id uuid not null,
    key_hash bytea not null,
    block_id uuid not null,
    until timestamp with time zone not null,
    PRIMARY KEY (site_id, key_hash, block_id),
    FOREIGN KEY (site_id, block_id) REFERENCES block(site_id, block_id) ON DELETE CASCADE
);
CREATE INDEX block_key_by_block ON block_key USING btree (site_id, block_id);

create table confirmation (
    site_id uuid not null,
    confirmation_id uuid not null,
    kind text not null,
    asked_by uuid not null,
    asked_at timestamp with time zone not null,
    ends_at timestamp with time zone not null,
    sealed_order bytea not null,
    changed integer not null,
    state text not null default 'waiting'::text,
    decided_by uuid,
    decided_at timestamp with time zone,
    act_id uuid,
    PRIMARY KEY (site_id, confirmation_id),
    FOREIGN KEY (site_id) REFERENCES site(site_id),
    CHECK (decided_by IS NULL OR state = 'withdrawn'::text OR decided_by <> asked_by),
    CHECK (kind = ANY (ARRAY['act'::text, 'open'::text])),
    CHECK (state = ANY (ARRAY['waiting'::text, 'agreed'::text, 'declined'::text, 'withdrawn'::text]))
);
CREATE INDEX confirmation_waiting ON confirmation USING btree (site_id, confirmation_id) WHERE (state = 'waiting'::text);

create table consent (
    site_id uuid not null,
    consent_id uuid not null,
    person_id uuid not null,
    purpose text not null,
    policy_version integer not null,
    given_at timestamp with time zone not null,
    ends_at timestamp with time zone not null,
    withdrawn_at timestamp with time zone,
    sealed_record bytea not null,
    PRIMARY KEY (site_id, consent_id),
    FOREIGN KEY (site_id) REFERENCES site(site_id),
    CHECK (ends_at <= (given_at + '365 days'::interval)),
    CHECK (purpose = 'answering_time'::text)
);
CREATE INDEX consent_by_end ON consent USING btree (ends_at);
CREATE INDEX consent_by_person ON consent USING btree (site_id, person_id, purpose, given_at);

create table conversation (
    site_id uuid not null,
    conversation_id uuid not null,
    listing_id uuid not null,
    buyer_id uuid not null,
    blocked_at timestamp with time zone,
    created_at timestamp with time zone not null default now(),
    blocked_by text,
    PRIMARY KEY (site_id, conversation_id),
    UNIQUE (site_id, listing_id, buyer_id),
    FOREIGN KEY (site_id, buyer_id) REFERENCES person(site_id, person_id),
    CHECK (blocked_by = ANY (ARRAY['buyer'::text, 'advertiser'::text, 'both'::text])) NOT VALID
);
CREATE INDEX conversation_by_buyer ON conversation USING btree (site_id, buyer_id);

create table data_request (
    site_id uuid not null,
    request_id uuid not null,
    door text not null,
    kind text,
    language text not null,
    state text not null,
    received_at timestamp with time zone not null,
    due_on date not null,
    paused_at timestamp with time zone,
    paused_days integer not null default 0,
    proved_at timestamp with time zone,
    extended_at timestamp with time zone,
    decided_by uuid,
    decided_at timestamp with time zone,
    ground text,
    acts_at timestamp with time zone,
    answered_at timestamp with time zone,
    link_until timestamp with time zone,
    ended_at timestamp with time zone,
    contested_at timestamp with time zone,
    changed_at timestamp with time zone not null,
    reminded smallint not null default 0,
    subject_hash bytea,
    copy_hash bytea,
    wrapped_key bytea,
    sealed_content bytea,
    sealed_mail bytea,
    kept_ids uuid[] not null default '{}'::uuid[],
    PRIMARY KEY (site_id, request_id),
    FOREIGN KEY (site_id) REFERENCES site(site_id),
    CHECK (door = ANY (ARRAY['page'::text, 'link'::text, 'mailbox'::text, 'staff'::text, 'site'::text])),
    CHECK (kind = ANY (ARRAY['access'::text, 'portability'::text, 'rectification'::text, 'erasure'::text, 'restriction'::text, 'objection'::text])),
    CHECK (state = ANY (ARRAY['received'::text, 'identity_pending'::text, 'accepted'::text, 'ready'::text, 'delivered'::text, 'partly_held'::text, 'refused'::text, 'expired'::text, 'duplicate'::text, 'withdrawn'::text, 'closed'::text]))
);
CREATE INDEX data_request_by_subject ON data_request USING btree (site_id, subject_hash, request_id) WHERE (subject_hash IS NOT NULL);
CREATE INDEX data_request_live ON data_request USING btree (site_id, state, request_id) WHERE (state = ANY (ARRAY['received'::text, 'identity_pending'::text, 'accepted'::text, 'ready'::text, 'delivered'::text, 'partly_held'::text]));
CREATE UNIQUE INDEX data_request_by_copy ON data_request USING btree (site_id, copy_hash);

create table desk_act (
    site_id uuid not null,
    act_id uuid not null,
    staff_id uuid not null,
    approved_by uuid,
    action text not null,
    reason text not null,
    case_id uuid,
    block_id uuid,
    message_ids uuid[] not null,
    mail_ids uuid[] not null,
    at timestamp with time zone not null,
    undone_at timestamp with time zone,
    rule text,
    rule_was text,
    event_ids uuid[] not null default '{}'::uuid[],
    PRIMARY KEY (site_id, act_id),
    FOREIGN KEY (site_id) REFERENCES site(site_id),
    CHECK (approved_by <> staff_id)
);
CREATE INDEX desk_act_by_case ON desk_act USING btree (site_id, case_id, act_id) WHERE (case_id IS NOT NULL);
CREATE INDEX desk_act_by_message ON desk_act USING gin (message_ids);

create table erasure_certificate (
    site_id uuid not null,
    certificate_id uuid not null,
    request_id uuid not null,
    body text not null,
    signature bytea not null,
    PRIMARY KEY (site_id, certificate_id)
);
CREATE INDEX erasure_certificate_by_request ON erasure_certificate USING btree (site_id, request_id, certificate_id);

create table erasure_log (
    site_id uuid not null,
    person_id uuid not null,
    request_id uuid,
    erased_at timestamp with time zone not null,
    PRIMARY KEY (site_id, person_id)
);

create table idempotency (
    site_id uuid not null,
    message_id uuid not null,
    key_hash bytea,
    request_hash bytea not null,
    content_hash bytea,
    state text not null,
    created_at timestamp with time zone not null,
    PRIMARY KEY (site_id, message_id)
);
CREATE INDEX idempotency_by_age ON idempotency USING btree (created_at);
CREATE UNIQUE INDEX idempotency_by_content ON idempotency USING btree (site_id, content_hash);
CREATE UNIQUE INDEX idempotency_by_key ON idempotency USING btree (site_id, key_hash);

create table idempotency_also (
    site_id uuid not null,
    key_hash bytea not null,
    message_id uuid not null,
    request_hash bytea not null,
    PRIMARY KEY (site_id, key_hash),
    FOREIGN KEY (site_id, message_id) REFERENCES idempotency(site_id, message_id) ON DELETE CASCADE
);
CREATE INDEX idempotency_also_by_message ON idempotency_also USING btree (site_id, message_id);

create table identity_document (
    site_id uuid not null,
    request_id uuid not null,
    asked_by uuid not null,
    asked_at timestamp with time zone not null,
    given_at timestamp with time zone,
    kind text,
    sealed_content bytea,
    deleted_at timestamp with time zone,
    PRIMARY KEY (site_id, request_id),
    CHECK (kind = ANY (ARRAY['image/jpeg'::text, 'image/png'::text]))
);

create table inbound (
    site_id uuid not null,
    inbound_id uuid not null,
    conversation_id uuid not null,
    side text not null,
    mail_id uuid,
    owner_id uuid not null,
    copy_hash bytea not null,
    sealed_raw bytea,
    state text not null,
    reason text not null,
    due_at timestamp with time zone not null default now(),
    token bigint not null default 0,
    tries smallint not null default 0,
    received_at timestamp with time zone not null default now(),
    troubles integer not null default 0,
    PRIMARY KEY (site_id, inbound_id),
    UNIQUE (site_id, copy_hash),
    CHECK (side = ANY (ARRAY['buyer'::text, 'advertiser'::text])),
    CHECK (state = ANY (ARRAY['queued'::text, 'reading'::text, 'read'::text, 'held'::text, 'ended'::text]))
);
CREATE INDEX inbound_by_age ON inbound USING btree (site_id, received_at);
CREATE INDEX inbound_by_conversation ON inbound USING btree (site_id, conversation_id);
CREATE INDEX inbound_by_owner ON inbound USING btree (site_id, owner_id);
CREATE INDEX inbound_due ON inbound USING btree (due_at) WHERE (state = ANY (ARRAY['queued'::text, 'reading'::text]));
CREATE INDEX inbound_held ON inbound USING btree (site_id, inbound_id) WHERE (state = 'held'::text);
CREATE INDEX inbound_waiting ON inbound USING btree (site_id, due_at) WHERE (state = ANY (ARRAY['queued'::text, 'reading'::text]));

create table key_rotation (
    key_id text not null,
    completed_at timestamp with time zone not null,
    PRIMARY KEY (key_id)
);

create table known_address (
    site_id uuid not null,
    person_id uuid not null,
    mailbox_hash bytea not null,
    created_at timestamp with time zone not null default now(),
    PRIMARY KEY (site_id, person_id, mailbox_hash)
);

create table legal_hold (
    site_id uuid not null,
    hold_id uuid not null,
    scope text not null,
    subject_id uuid not null,
    ground text not null,
    ends_at timestamp with time zone not null,
    placed_by text not null,
    placed_at timestamp with time zone not null default now(),
    approved_by text,
    approved_at timestamp with time zone,
    lift_asked_by text,
    lifted_by text,
    lifted_at timestamp with time zone,
    blocks_until timestamp with time zone not null,
    PRIMARY KEY (site_id, hold_id),
    FOREIGN KEY (site_id) REFERENCES site(site_id),
    CHECK (approved_by <> placed_by),
    CHECK (lifted_by <> lift_asked_by),
    CHECK (scope = ANY (ARRAY['message'::text, 'conversation'::text, 'person'::text, 'listing'::text]))
);

create table listing (
    site_id uuid not null,
    listing_id uuid not null,
    ref text not null,
    title text not null,
    details text not null,
    url text,
    language text not null,
    state text not null,
    advertiser_id uuid not null,
    sealed_advertiser bytea not null,
    show_phone boolean not null,
    is_chosen boolean not null default false,
    updated_at timestamp with time zone not null default now(),
    ended_at timestamp with time zone,
    phone_hash bytea,
    PRIMARY KEY (site_id, listing_id),
    UNIQUE (site_id, ref),
    FOREIGN KEY (site_id, advertiser_id) REFERENCES person(site_id, person_id),
    CHECK (state = ANY (ARRAY['open'::text, 'paused'::text, 'closed'::text]))
);
CREATE INDEX listing_by_advertiser ON listing USING btree (site_id, advertiser_id);
CREATE INDEX listing_by_end ON listing USING btree (site_id, ended_at) WHERE (ended_at IS NOT NULL);
CREATE INDEX listing_by_phone ON listing USING btree (site_id, phone_hash, listing_id);

create table look (
    site_id uuid not null,
    number bigint not null,
    staff_id uuid not null,
    action text not null,
    subject text not null,
    reason text not null,
    at timestamp with time zone not null,
    previous bytea not null,
    digest bytea not null,
    PRIMARY KEY (site_id, number),
    FOREIGN KEY (site_id) REFERENCES site(site_id),
    FOREIGN KEY (staff_id) REFERENCES staff(staff_id),
    CHECK (action = ANY (ARRAY['search'::text, 'list'::text, 'open'::text, 'reveal'::text, 'export'::text, 'act'::text]))
);
CREATE INDEX look_by_staff ON look USING btree (site_id, staff_id, number);
CREATE TRIGGER look_is_final BEFORE DELETE OR UPDATE ON look FOR EACH ROW EXECUTE FUNCTION keep_looks();
CREATE TRIGGER look_is_whole BEFORE TRUNCATE ON look FOR EACH STATEMENT EXECUTE FUNCTION keep_looks();

create table look_chain (
    site_id uuid not null,
    first_number bigint not null default 1,
    last_number bigint not null default 0,
    last_digest bytea not null default '\x'::bytea,
    PRIMARY KEY (site_id),
    FOREIGN KEY (site_id) REFERENCES site(site_id)
);
CREATE TRIGGER chain_is_whole BEFORE TRUNCATE ON look_chain FOR EACH STATEMENT EXECUTE FUNCTION keep_chain();
CREATE TRIGGER chain_only_grows BEFORE DELETE OR UPDATE ON look_chain FOR EACH ROW EXECUTE FUNCTION keep_chain();

create table mark_progress (
    site_id uuid not null,
    message_id uuid not null,
    PRIMARY KEY (site_id),
    FOREIGN KEY (site_id) REFERENCES site(site_id)
);

create table message (
    site_id uuid not null,
    message_id uuid not null,
    conversation_id uuid not null,
    sender_id uuid not null,
    language text not null,
    sealed_content bytea not null,
    mailbox_hash bytea not null,
    phone_hash bytea,
    text_hash bytea not null,
    policy_version integer not null,
    score smallint not null,
    signals text[] not null,
    received_at timestamp with time zone not null,
    side text not null default 'buyer'::text,
    PRIMARY KEY (site_id, message_id),
    CHECK (side = ANY (ARRAY['buyer'::text, 'advertiser'::text]))
) partition by range (message_id);
CREATE INDEX message_by_advertiser ON message USING btree (site_id, sender_id) WHERE (side = 'advertiser'::text);
CREATE INDEX message_by_conversation ON message USING btree (site_id, conversation_id, message_id);
CREATE INDEX message_by_mailbox ON message USING btree (site_id, mailbox_hash, message_id);
CREATE INDEX message_by_phone ON message USING btree (site_id, phone_hash, message_id) WHERE (phone_hash IS NOT NULL);
CREATE TRIGGER message_keeps_conversation AFTER INSERT ON message REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION keep_conversations();

create table message_file (
    site_id uuid not null,
    message_id uuid not null,
    number smallint not null,
    kind text not null,
    sealed_content bytea not null,
    PRIMARY KEY (site_id, message_id, number)
);

create table migration (
    number integer not null,
    name text not null,
    checksum text not null,
    applied_at timestamp with time zone not null default now(),
    PRIMARY KEY (number)
);

create table objection (
    site_id uuid not null,
    mailbox_hash bytea not null,
    purpose text not null,
    request_id uuid not null,
    since timestamp with time zone not null,
    ended_at timestamp with time zone,
    PRIMARY KEY (site_id, mailbox_hash, purpose),
    CHECK (purpose = ANY (ARRAY['mail'::text, 'statistics'::text, 'security'::text, 'traces'::text]))
);

create table outbox (
    site_id uuid not null,
    mail_id uuid not null,
    message_id uuid not null,
    kind text not null,
    state text not null,
    reason text not null,
    due_at timestamp with time zone not null,
    token bigint not null default 0,
    tries integer not null default 0,
    crashes smallint not null default 0,
    ambiguous smallint not null default 0,
    expires_at timestamp with time zone not null,
    delay_told boolean not null default false,
    settled_at timestamp with time zone,
    PRIMARY KEY (site_id, mail_id),
    CHECK (kind = ANY (ARRAY['contact'::text, 'reply'::text, 'receipt'::text, 'notice'::text, 'reader_notice'::text])),
    CHECK (state = ANY (ARRAY['held'::text, 'queued'::text, 'sending'::text, 'deferred'::text, 'delivered'::text, 'bounced'::text, 'expired'::text, 'refused'::text, 'cancelled'::text, 'unconfirmed'::text, 'purged'::text]))
) partition by range (mail_id);
CREATE INDEX outbox_due ON outbox USING btree (site_id, due_at) WHERE (state = ANY (ARRAY['queued'::text, 'deferred'::text, 'sending'::text]));
CREATE INDEX outbox_due_reply ON outbox USING btree (site_id, due_at) WHERE ((kind = 'reply'::text) AND (state = ANY (ARRAY['queued'::text, 'deferred'::text, 'sending'::text])));
CREATE INDEX outbox_held ON outbox USING btree (due_at) WHERE (state = 'held'::text);

create table person (
    site_id uuid not null,
    person_id uuid not null,
    mail_hash bytea not null,
    wrapped_key bytea,
    sealed_mail bytea,
    created_at timestamp with time zone not null default now(),
    frozen_key bytea,
    frozen_at timestamp with time zone,
    PRIMARY KEY (site_id, person_id),
    UNIQUE (site_id, mail_hash)
);
CREATE TRIGGER person_is_held BEFORE DELETE ON person FOR EACH ROW WHEN (COALESCE(old.wrapped_key, old.frozen_key) IS NOT NULL) EXECUTE FUNCTION keep_held_keys();
CREATE TRIGGER person_key_is_held BEFORE UPDATE OF wrapped_key, frozen_key ON person FOR EACH ROW WHEN (COALESCE(new.wrapped_key, new.frozen_key) IS NULL AND COALESCE(old.wrapped_key, old.frozen_key) IS NOT NULL) EXECUTE FUNCTION keep_held_keys();

create table probe (
    probe_id uuid not null,
    verdicts text[] not null,
    arrived_at timestamp with time zone not null default now(),
    PRIMARY KEY (probe_id)
);

create table purge_clock (
    site_id uuid not null,
    believed_at timestamp with time zone not null,
    leapt_at timestamp with time zone,
    swept_at timestamp with time zone,
    PRIMARY KEY (site_id),
    FOREIGN KEY (site_id) REFERENCES site(site_id)
);

create table purge_report (
    site_id uuid not null,
    report_id uuid not null,
    body text not null,
    signature bytea not null,
    PRIMARY KEY (site_id, report_id),
    FOREIGN KEY (site_id) REFERENCES site(site_id)
);

create table released (
    site_id uuid not null,
    message_id uuid not null,
    PRIMARY KEY (site_id, message_id)
);

create table reply_address (
    site_id uuid not null,
    conversation_id uuid not null,
    side text not null,
    address_hash bytea not null,
    PRIMARY KEY (site_id, conversation_id, side),
    CHECK (side = ANY (ARRAY['buyer'::text, 'advertiser'::text]))
);
CREATE UNIQUE INDEX reply_address_by_hash ON reply_address USING btree (address_hash);

create table report (
    site_id uuid not null,
    report_id uuid not null,
    message_id uuid not null,
    reporter_id uuid,
    sealed_note bytea not null,
    created_at timestamp with time zone not null default now(),
    category text not null default 'other'::text,
    source text not null default 'party'::text,
    sealed_details bytea,
    good_faith_at timestamp with time zone,
    acknowledged_at timestamp with time zone,
    giver_id uuid,
    PRIMARY KEY (site_id, report_id),
    UNIQUE (site_id, message_id, reporter_id),
    CHECK (source = ANY (ARRAY['party'::text, 'staff'::text, 'site'::text, 'third_party'::text, 'trusted'::text, 'authority'::text]))
);
CREATE INDEX report_by_giver ON report USING btree (site_id, giver_id) WHERE (giver_id IS NOT NULL);
CREATE INDEX report_by_reporter ON report USING btree (site_id, reporter_id);
CREATE INDEX report_new ON report USING btree (site_id, report_id) WHERE (acknowledged_at IS NULL);

create table report_case (
    site_id uuid not null,
    case_id uuid not null,
    message_id uuid not null,
    state text not null,
    category text not null,
    opened_at timestamp with time zone not null,
    taken_by uuid,
    taken_until timestamp with time zone,
    decided_by uuid,
    decided_at timestamp with time zone,
    decision text,
    sealed_statement bytea,
    appeal_until timestamp with time zone,
    appealed_by text,
    appealed_at timestamp with time zone,
    sealed_appeal bytea,
    judged_by uuid,
    judged_at timestamp with time zone,
    hold_id uuid,
    sealed_judgement bytea,
    appellant_id uuid,
    is_warning boolean not null default false,
    suspended_until timestamp with time zone,
    suspended_ids uuid[] not null default '{}'::uuid[],
    PRIMARY KEY (site_id, case_id),
    UNIQUE (site_id, message_id),
    CHECK (appealed_by = ANY (ARRAY['author'::text, 'reporter'::text])),
    CHECK (judged_by <> decided_by),
    CHECK (decision = ANY (ARRAY['no_action'::text, 'action'::text])),
    CHECK (state = ANY (ARRAY['received'::text, 'in_review'::text, 'escalated'::text, 'decided'::text, 'appealed'::text, 'upheld'::text, 'overturned'::text]))
);
CREATE INDEX report_case_by_appellant ON report_case USING btree (site_id, appellant_id) WHERE (appellant_id IS NOT NULL);
CREATE INDEX report_case_by_staff ON report_case USING btree (site_id, decided_by, decided_at);
CREATE INDEX report_case_open ON report_case USING btree (site_id, case_id) WHERE (state = ANY (ARRAY['received'::text, 'in_review'::text, 'escalated'::text, 'appealed'::text]));

create table request_event (
    site_id uuid not null,
    event_id uuid not null,
    request_id uuid not null,
    event text not null,
    state text not null,
    actor text not null,
    reason text not null,
    at timestamp with time zone not null,
    PRIMARY KEY (site_id, event_id)
);
CREATE INDEX request_event_by_request ON request_event USING btree (site_id, request_id, event_id);

create table request_proof (
    site_id uuid not null,
    request_id uuid not null,
    address text not null,
    code_hash bytea,
    sealed_code bytea,
    expires_at timestamp with time zone not null,
    tries smallint not null default 0,
    sent smallint not null default 1,
    proved_at timestamp with time zone,
    PRIMARY KEY (site_id, request_id, address),
    CHECK (address = ANY (ARRAY['own'::text, 'new'::text]))
);

create table reveal (
    site_id uuid not null,
    conversation_id uuid not null,
    side text not null,
    person_id uuid not null,
    granted_at timestamp with time zone not null default now(),
    PRIMARY KEY (site_id, conversation_id, side, person_id),
    CHECK (side = ANY (ARRAY['buyer'::text, 'advertiser'::text]))
);

create table route (
    route text not null,
    paused_until timestamp with time zone,
    reason text not null,
    pauses smallint not null default 0,
    PRIMARY KEY (route)
);

create table rule_hit (
    site_id uuid not null,
    message_id uuid not null,
    rule text not null,
    points smallint not null,
    is_live boolean not null,
    holds boolean not null,
    PRIMARY KEY (site_id, message_id, rule)
);
CREATE INDEX rule_hit_by_rule ON rule_hit USING btree (site_id, rule, message_id);

create table sender_trace (
    site_id uuid not null,
    message_id uuid not null,
    sender_id uuid not null,
    sealed_origin bytea not null,
    ip_hash bytea not null,
    net_hash bytea not null,
    browser_hash bytea not null,
    received_at timestamp with time zone not null,
    PRIMARY KEY (site_id, message_id)
) partition by range (message_id);
CREATE INDEX sender_trace_by_browser ON sender_trace USING btree (site_id, browser_hash, message_id);
CREATE INDEX sender_trace_by_ip ON sender_trace USING btree (site_id, ip_hash, message_id);
CREATE INDEX sender_trace_by_net ON sender_trace USING btree (site_id, net_hash, message_id);
CREATE INDEX sender_trace_by_sender ON sender_trace USING btree (site_id, sender_id);

create table site (
    site_id uuid not null,
    slug text not null,
    mode text not null,
    wrapped_key bytea not null,
    policy_version integer not null,
    origins text[] not null,
    created_at timestamp with time zone not null default now(),
    PRIMARY KEY (site_id),
    UNIQUE (slug),
    CHECK (mode = ANY (ARRAY['live'::text, 'test'::text]))
);

create table site_event (
    site_id uuid not null,
    event_id uuid not null,
    kind text not null,
    body text not null,
    state text not null,
    reason text not null,
    due_at timestamp with time zone not null,
    token bigint not null default 0,
    tries smallint not null default 0,
    settled_at timestamp with time zone,
    PRIMARY KEY (site_id, event_id),
    FOREIGN KEY (site_id) REFERENCES site(site_id),
    CHECK (state = ANY (ARRAY['queued'::text, 'sending'::text, 'delivered'::text, 'failed'::text, 'cancelled'::text]))
);
CREATE INDEX site_event_due ON site_event USING btree (site_id, due_at) WHERE (state = ANY (ARRAY['queued'::text, 'sending'::text]));

create table site_hook (
    site_id uuid not null,
    url text not null,
    sealed_secrets bytea not null,
    overlap_until timestamp with time zone,
    changed_at timestamp with time zone not null,
    PRIMARY KEY (site_id),
    FOREIGN KEY (site_id) REFERENCES site(site_id)
);

create table site_key (
    site_id uuid not null,
    key_hash bytea not null,
    kind text not null,
    label text not null,
    created_at timestamp with time zone not null default now(),
    expires_at timestamp with time zone,
    PRIMARY KEY (site_id, key_hash),
    UNIQUE (key_hash),
    FOREIGN KEY (site_id) REFERENCES site(site_id),
    CHECK (kind = ANY (ARRAY['public'::text, 'secret'::text]))
);

create table site_policy (
    site_id uuid not null,
    version integer not null,
    source text not null,
    published_at timestamp with time zone not null default now(),
    PRIMARY KEY (site_id, version),
    FOREIGN KEY (site_id) REFERENCES site(site_id)
);
CREATE TRIGGER policy_is_final BEFORE DELETE OR UPDATE ON site_policy FOR EACH ROW EXECUTE FUNCTION refuse_change();

create table site_rule (
    site_id uuid not null,
    rule text not null,
    mode text not null,
    PRIMARY KEY (site_id, rule),
    FOREIGN KEY (site_id) REFERENCES site(site_id),
    CHECK (mode = ANY (ARRAY['off'::text, 'shadow'::text, 'live'::text]))
);

create table staff (
    staff_id uuid not null,
    name text not null,
    wrapped_key bytea not null,
    password_hash text,
    sealed_totp bytea,
    totp_step bigint not null default 0,
    created_at timestamp with time zone not null default now(),
    closed_at timestamp with time zone,
    PRIMARY KEY (staff_id),
    UNIQUE (name),
    CHECK (name ~ '^[a-z0-9][a-z0-9._-]{1,39}$'::text)
);

create table staff_link (
    link_hash bytea not null,
    staff_id uuid not null,
    sealed_totp bytea not null,
    expires_at timestamp with time zone not null,
    PRIMARY KEY (link_hash),
    FOREIGN KEY (staff_id) REFERENCES staff(staff_id)
);
CREATE INDEX staff_link_by_staff ON staff_link USING btree (staff_id);

create table staff_role (
    site_id uuid not null,
    staff_id uuid not null,
    role text not null,
    granted_at timestamp with time zone not null default now(),
    PRIMARY KEY (site_id, staff_id, role),
    FOREIGN KEY (site_id) REFERENCES site(site_id),
    FOREIGN KEY (staff_id) REFERENCES staff(staff_id)
);
CREATE INDEX staff_role_by_staff ON staff_role USING btree (staff_id);

create table staff_session (
    session_hash bytea not null,
    session_id uuid not null,
    staff_id uuid not null,
    started_at timestamp with time zone not null,
    expires_at timestamp with time zone not null,
    PRIMARY KEY (session_hash),
    UNIQUE (session_id),
    FOREIGN KEY (staff_id) REFERENCES staff(staff_id)
);
CREATE INDEX staff_session_by_end ON staff_session USING btree (expires_at);
CREATE INDEX staff_session_by_staff ON staff_session USING btree (staff_id);

create table staff_try (
    subject_hash bytea not null,
    hour timestamp with time zone not null,
    tries integer not null,
    PRIMARY KEY (subject_hash, hour)
);

create table suppression (
    site_id uuid not null,
    mail_hash bytea not null,
    reason text not null,
    created_at timestamp with time zone not null default now(),
    expires_at timestamp with time zone not null,
    PRIMARY KEY (site_id, mail_hash)
);
CREATE INDEX suppression_by_end ON suppression USING btree (expires_at);

create table text_band (
    site_id uuid not null,
    band bytea not null,
    cluster_id uuid not null,
    PRIMARY KEY (site_id, band, cluster_id)
);
CREATE INDEX text_band_by_cluster ON text_band USING btree (site_id, cluster_id);

create table text_cluster (
    site_id uuid not null,
    cluster_id uuid not null,
    sketch bytea not null,
    PRIMARY KEY (site_id, cluster_id)
);

create table text_mark (
    site_id uuid not null,
    message_id uuid not null,
    cluster_id uuid not null,
    is_short boolean not null,
    PRIMARY KEY (site_id, message_id)
);
CREATE INDEX text_mark_by_cluster ON text_mark USING btree (site_id, cluster_id, message_id);

create table told (
    site_id uuid not null,
    told_hash bytea not null,
    created_at timestamp with time zone not null default now(),
    PRIMARY KEY (site_id, told_hash)
);
CREATE INDEX told_by_age ON told USING btree (created_at);

create table unreported (
    site_id uuid not null,
    name text not null,
    rows bigint not null,
    PRIMARY KEY (site_id, name),
    FOREIGN KEY (site_id) REFERENCES site(site_id)
);

-- detach_month(parents text[], month date) returns integer
-- drop_leaving(left_name text) returns void
-- ensure_partitions(first_month date, months integer) returns integer
-- first_uuidv7(day date) returns uuid
-- forget_looks(the_site uuid) returns bigint
-- held_messages(site uuid, as_of timestamp with time zone) returns TABLE(message_id uuid)
-- is_held(site uuid, held_id uuid, as_of timestamp with time zone) returns boolean
-- is_person_held(site uuid, held_id uuid, as_of timestamp with time zone) returns boolean
-- keep_chain() returns trigger
-- keep_conversations() returns trigger
-- keep_held_keys() returns trigger
-- keep_looks() returns trigger
-- leaving_tables() returns TABLE(name text, parent text, first_id uuid, end_id uuid)
-- months_of(parent text) returns TABLE(month date, first_id uuid, end_id uuid, ends_at timestamp with time zone)
-- record_look(the_site uuid, the_staff uuid, the_action text, the_subject text, the_reason text, the_time timestamp with time zone) returns bytea
-- refuse_change() returns trigger
