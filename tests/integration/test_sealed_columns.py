"""Every column of words or bytes of a person is sealed, a keyed hash, or known to hold none."""

import asyncpg

KINDS = ("text", "bytea", "text[]", "bytea[]", "json", "jsonb", "inet", "character varying", "xml")
# Columns that hold nothing of a person, by the reason why.
NOT_PERSONAL = {
    "a name or code out of a list of ours": """
        consent.purpose attempt.outcome attempt.phase attempt.reason attempt.tls attempt.enhanced
        attempt.provider
        block.effect block.kind conversation.blocked_by desk_act.action idempotency.state
        identity_document.kind
        inbound.reason inbound.side inbound.state legal_hold.scope listing.language listing.state
        look.action message.language message.side message.signals message_file.kind
        outbox.kind outbox.reason outbox.state reply_address.side report.category report.source
        report_case.appealed_by report_case.category report_case.decision report_case.state
        reveal.side route.reason site.mode site_key.kind staff_role.role suppression.reason
        confirmation.kind confirmation.state data_request.door data_request.ground
        data_request.kind data_request.language data_request.state desk_act.rule desk_act.rule_was
        objection.purpose request_event.event request_event.reason request_event.state
        request_proof.address rule_hit.rule site_event.kind site_event.reason site_event.state
        site_rule.mode site_rule.rule unreported.name
        """,
    "the operator's or the site's own": """
        attempt.route key_rotation.key_id migration.checksum migration.name probe.verdicts
        purge_report.body purge_report.signature route.route site_hook.url
        erasure_certificate.body erasure_certificate.signature
        site.slug site.origins site_key.label site_policy.source
        """,
    "published by the site": "listing.ref listing.title listing.details listing.url",
    "wrapped keys": """
        person.wrapped_key person.frozen_key site.wrapped_key staff.wrapped_key
        data_request.wrapped_key
        """,
    "made with a key of the site": "block.sketch text_band.band text_cluster.sketch",
    "links of the chain of looks": "look.digest look.previous look_chain.last_digest",
    "login names of staff": """
        staff.name legal_hold.placed_by legal_hold.approved_by legal_hold.lift_asked_by
        legal_hold.lifted_by
        """,
    "ids, or the words of staff with addresses and numbers taken out": """
        look.subject look.reason desk_act.reason legal_hold.ground
        request_event.actor site_event.body
        """,
}


async def test_every_column_is_sealed_or_known(database_url: str) -> None:
    """A36: a new column of words or bytes is sealed_*, *_hash, or listed here with its reason."""
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch(
        "select relname || '.' || attname as name, format_type(atttypid, null) as kind"
        " from pg_attribute join pg_class on pg_class.oid = attrelid"
        " where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
        " and not relispartition and attnum > 0 and not attisdropped"
    )
    await connection.close()
    names = {row["name"] for row in rows if row["kind"] in KINDS}
    kept = {n for n in names if not n.split(".")[1].startswith("sealed_") and n[-5:] != "_hash"}
    known = {name for listed in NOT_PERSONAL.values() for name in listed.split()}
    assert (kept - known, known - kept) == (set(), set())
