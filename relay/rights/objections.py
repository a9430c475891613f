"""Objections: what each ends, at once and from then on (GDPR 21).

| to | what ends |
| --- | --- |
| mail | the mailbox is written to no more, however it is spelled; what waits for it ends |
| statistics | the consent to them, and with it the figure (CPCE L32-3 IV) |
| security | the person's texts are compared with no others |
| traces | connection data kept on legitimate interest goes, and that of later messages |

Offered is what the policy runs on consent or legitimate interest. Reports are answered whatever
their author objects to later (DSA 16, 20), and go by an erasure.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from relay.consents import Use
from relay.context import Context
from relay.database import Connection, queries, rows_of
from relay.errors import Refused
from relay.policy import Basis, Policy
from relay.retention import read_versions
from relay.rights.requests import DataRequest
from relay.rights.subjects import address_of, find_subjects
from relay.sites import Site
from relay.validation import mailbox_key

MAIL, STATISTICS, SECURITY, TRACES = "mail", "statistics", "security", "traces"
OBJECTABLE = frozenset({Basis.LEGITIMATE_INTEREST, Basis.CONSENT})
STATISTICAL = (Use.ANSWERING_TIME,)
BATCH = 1000
_FOR_GOOD = timedelta(days=3650)  # a suppression needs an end; an objection has none

log = structlog.get_logger()


def purposes_of(policy: Policy) -> tuple[str, ...]:
    """Return what a person may object to at a site, in the order of its page (pure)."""
    traces = (TRACES,) if policy.retention.traces.basis in OBJECTABLE else ()
    return (MAIL, STATISTICS, SECURITY, *traces)


async def object_to(
    context: Context, connection: Connection, site: Site, request: DataRequest
) -> None:
    """End the uses a person objects to; none named: mail, the only one that reaches them.

    Raises:
        Refused: ``request_state``: what was asked is forgotten.
    """
    content = request.content
    if content is None:
        raise Refused("request_state")
    purposes, now = content.purposes or (MAIL,), context.clock()
    mailbox_hash = site.hash("mailbox", mailbox_key(content.email))
    subjects = await find_subjects(context, connection, site, request)
    person_ids = [one.person_id for one in subjects]
    # A consent that is being given waits, or is given before and ends here (relay/consents.py).
    await queries().lock_persons(connection, site_id=site.site_id, person_ids=person_ids)
    for purpose in purposes:
        await queries().add_objection(
            connection,
            site_id=site.site_id,
            mailbox_hash=mailbox_hash,
            purpose=purpose,
            request_id=request.request_id,
            since=now,
        )
    if MAIL in purposes:
        for email in {content.email, *map(address_of, subjects)} - {""}:
            await _suppress(connection, site, email, now)
    if STATISTICS in purposes:
        await _end_consents(connection, site, person_ids, now)
    if TRACES in purposes:
        await _forget_outlived(connection, site, person_ids, now)
    if SECURITY in purposes:
        # Who is marking texts now does not know of this yet: theirs are found afterwards.
        await queries().wait_marks(connection, site_id=site.site_id)
        await queries().forget_marks_of(connection, site_id=site.site_id, mailbox_hash=mailbox_hash)


async def follow_address(
    connection: Connection, site: Site, former: str, email: str, now: datetime
) -> None:
    """Let what somebody objected to at their former address hold for the corrected one."""
    former_hash, mailbox_hash = (site.hash("mailbox", mailbox_key(one)) for one in (former, email))
    named = {"site_id": site.site_id, "mailbox_hash": mailbox_hash}
    await queries().follow_objections(connection, **named, former_hash=former_hash)
    if await queries().is_objected(connection, **named, purpose=MAIL):
        await _suppress(connection, site, email, now)


async def forget_objected_traces(context: Context, site: Site) -> int:
    """Delete the connection data of whoever objected to it, but what a hold keeps; return how much.

    Traces under a version of the policy that owes them to the law stay until their end.
    """
    async with context.database.connection() as connection, connection.transaction():
        named = {"site_id": site.site_id, "purpose": TRACES}
        if not await queries().is_any_objected(connection, **named):
            return 0
        versions = await read_versions(connection, site)
        await queries().heed_holds(connection, site_id=site.site_id)
        rows = await rows_of(
            queries().list_objected_traces(
                connection,
                site_id=site.site_id,
                versions=_objectable(version.policy for version in versions),
                as_of=context.clock(),
                most=BATCH,
            )
        )
        ids = [row["message_id"] for row in rows]
        if ids:
            await queries().delete_traces(connection, site_id=site.site_id, ids=ids)
            log.info("traces.objected", site=site.slug, count=len(ids))
    return len(ids)


async def _forget_outlived(
    connection: Connection, site: Site, person_ids: list[UUID], now: datetime
) -> None:
    """Delete connection data that outlived its message: no mailbox leads to it any more.

    Nor does it say its version of the policy: it goes where none owes it to the law.
    """
    versions = [version.policy for version in await read_versions(connection, site)]
    if len(_objectable(versions)) < len(versions):
        return
    await queries().heed_holds(connection, site_id=site.site_id)
    rows = await rows_of(
        queries().own_traces(connection, site_id=site.site_id, person_ids=person_ids, as_of=now)
    )
    outlived = [row for row in rows if row["policy_version"] is None and not row["held"]]
    ids = [row["message_id"] for row in outlived]
    await queries().delete_traces(connection, site_id=site.site_id, ids=ids)


def _objectable(policies: Iterable[Policy]) -> list[int]:
    """Return the versions of a policy under which connection data may be objected to."""
    return [one.version for one in policies if one.retention.traces.basis in OBJECTABLE]


async def _end_consents(
    connection: Connection, site: Site, person_ids: list[UUID], now: datetime
) -> None:
    for use in STATISTICAL:
        for person_id in person_ids:
            await queries().withdraw_consents(
                connection, site_id=site.site_id, person_id=person_id, purpose=use.value, at=now
            )


async def _suppress(connection: Connection, site: Site, email: str, now: datetime) -> None:
    await queries().suppress(
        connection,
        site_id=site.site_id,
        mail_hash=site.hash("mail", email.lower()),
        reason="objection",
        expires_at=now + _FOR_GOOD,
    )
