-- Further Idempotency-Keys under which a stored message was sent again: its text met the same text
-- within ten minutes, so the answer of the first is theirs too. They go with the row they repeat.
create table idempotency_also (
    site_id           uuid not null,
    key_hash          bytea not null,
    message_id        uuid not null,
    request_hash      bytea not null,          -- what the key was used for
    primary key (site_id, key_hash),
    foreign key (site_id, message_id) references idempotency (site_id, message_id) on delete cascade
);
create index idempotency_also_by_message on idempotency_also (site_id, message_id);
