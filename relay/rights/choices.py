"""What a person agreed to and objected to, for their access and portability (GDPR 7(1), 15, 20)."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from relay.consents import open_record
from relay.database import Connection, Record, queries, rows_of
from relay.rights.dossier import Consented, Objected
from relay.sealing import DataKey
from relay.sites import Site
from relay.validation import mailbox_key


async def read_consents(
    connection: Connection, site: Site, keys: Mapping[UUID, DataKey]
) -> tuple[Consented, ...]:
    """Return every consent of persons with the fields that prove it, oldest first.

    Args:
        keys: The open key of each of them.
    """
    rows = await rows_of(
        queries().list_own_consents(connection, site_id=site.site_id, person_ids=list(keys))
    )
    return tuple(_consented(keys[row["person_id"]], row) for row in rows)


async def read_objections(
    connection: Connection, site: Site, emails: Iterable[str]
) -> tuple[Objected, ...]:
    """Return what the owners of mailboxes objected to, oldest first."""
    hashes = {site.hash("mailbox", mailbox_key(email)) for email in emails if email}
    rows = await rows_of(
        queries().list_objections(connection, site_id=site.site_id, mailbox_hashes=list(hashes))
    )
    return tuple(Objected(row["purpose"], row["since"], row["ended_at"]) for row in rows)


def _consented(key: DataKey, row: Record) -> Consented:
    record = open_record(key, row)
    given = record.circumstances
    return Consented(
        number=str(record.consent_id),
        use=record.use.value,
        policy_version=record.policy_version,
        given_at=record.given_at,
        ends_at=record.ends_at,
        withdrawn_at=record.withdrawn_at,
        network=given.network,
        browser=given.browser,
        device=given.device,
        page=given.page,
        place=given.place,
    )
