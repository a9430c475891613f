"""The persons behind a request, with their open keys."""

from dataclasses import dataclass, replace
from uuid import UUID

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.rights.requests import DataRequest
from relay.sealing import DataKey, mail_place
from relay.sites import Site
from relay.validation import mailbox_key


@dataclass(frozen=True, slots=True)
class Subject:
    """One row of the person, with its open key.

    Args:
        is_kept: What an earlier erasure had to keep lies here, apart, and stays as it is.
    """

    person_id: UUID
    key: DataKey
    row: Record
    is_kept: bool = False


async def find_subjects(
    context: Context, connection: Connection, site: Site, request: DataRequest
) -> list[Subject]:
    """Return the persons behind the mailbox of a request; a phone proves nobody."""
    if request.content is None:
        return []
    email = request.content.email
    rows = await rows_of(
        queries().find_subjects(
            connection,
            site_id=site.site_id,
            mail_hash=site.hash("mail", email.lower()),
            mailbox_hash=site.hash("mailbox", mailbox_key(email)),
        )
    )
    return [replace(open_subject(context, row), is_kept=row["is_kept"]) for row in rows]


def open_subject(context: Context, row: Record) -> Subject:
    """Open the key of a person."""
    person_id = row["person_id"]
    return Subject(person_id, context.keyring.person_key(row["wrapped_key"], person_id), row)


def address_of(subject: Subject) -> str:
    """Return the address a person is known by; "" where an erasure kept none."""
    sealed = subject.row["sealed_mail"]
    return subject.key.open(sealed, mail_place(subject.person_id)) if sealed else ""
