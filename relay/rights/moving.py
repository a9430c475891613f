"""What the law keeps of an erased person: sealed anew, under a key that opens nothing else."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from relay.catalogue import advertiser_place
from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.rights.plan import Part, Plan
from relay.rights.subjects import Subject
from relay.sealing import (
    HASH_BYTES,
    DataKey,
    appeal_place,
    content_place,
    details_place,
    file_place,
    inbound_place,
    mail_place,
    new_id,
    origin_place,
    report_place,
)
from relay.sites import Site


@dataclass(frozen=True, slots=True)
class _Move:
    """From the key of a person who is erased to the one of what is kept of them."""

    connection: Connection
    site: Site
    person: Subject
    keeper_id: UUID
    keeper: DataKey

    def own(self, part: Part, owner: str) -> list[Record]:
        """Return what is kept of this person; *owner* is the column that names them."""
        return [row for row in part.kept if row[owner] == self.person.person_id]

    def anew(
        self, rows: Sequence[Record], column: str, place: Callable[[Record], str]
    ) -> list[bytes | None]:
        """Seal a column of rows again, each value for the same place; of none there is none."""
        return [self._anew(row[column], place(row)) for row in rows]

    def _anew(self, sealed: bytes | None, place: str) -> bytes | None:
        if sealed is None:
            return None
        return self.keeper.seal_bytes(self.person.key.open_bytes(sealed, place), place)


async def move_kept(
    context: Context, connection: Connection, site: Site, subject: Subject, plan: Plan
) -> UUID:
    """Move what a plan keeps of one person to a new one without a name; return its id.

    The address goes along only where a hold asks for the evidence as it was.
    """
    keeper_id = new_id(context.clock())
    keeper, wrapped = context.keyring.new_person_key(keeper_id)
    move = _Move(connection, site, subject, keeper_id, keeper)
    await queries().add_person(
        connection,
        site_id=site.site_id,
        person_id=keeper_id,
        mail_hash=os.urandom(HASH_BYTES),  # nobody is found by it
        wrapped_key=wrapped,
        sealed_mail=_mail(move) if _is_held(plan) else None,
    )
    await _move_messages(move, plan)
    await _move_traces(move, plan)
    await _move_listings(move, plan)
    await _move_reports(move, plan)
    await _move_appeals(move, plan)
    await _move_inbound(move, plan)
    kept = [row["conversation_id"] for row in plan.conversations.kept]
    named = {"site_id": site.site_id, "person_ids": [subject.person_id]}
    await queries().move_buyers(connection, **named, conversation_ids=kept, buyer_id=keeper_id)
    await queries().move_holds(connection, **named, subject_id=keeper_id)
    return keeper_id


def _is_held(plan: Plan) -> bool:
    parts = (plan.messages, plan.traces, plan.listings, plan.reports, plan.appeals, plan.inbound)
    return bool(plan.held_persons) or any(part.held for part in parts)


def _mail(move: _Move) -> bytes | None:
    person = move.person
    if not person.row["sealed_mail"]:
        return None
    mail = person.key.open(person.row["sealed_mail"], mail_place(person.person_id))
    return move.keeper.seal(mail, mail_place(move.keeper_id))


async def _move_messages(move: _Move, plan: Plan) -> None:
    rows = move.own(plan.messages, "sender_id")
    ids = [row["message_id"] for row in rows]
    await queries().move_messages(
        move.connection,
        site_id=move.site.site_id,
        message_ids=ids,
        sealed_contents=move.anew(
            rows, "sealed_content", lambda row: content_place(row["message_id"])
        ),
        sender_id=move.keeper_id,
    )
    files = await rows_of(
        queries().list_own_files(move.connection, site_id=move.site.site_id, message_ids=ids)
    )
    await queries().move_files(
        move.connection,
        site_id=move.site.site_id,
        message_ids=[row["message_id"] for row in files],
        numbers=[row["number"] for row in files],
        sealed_contents=move.anew(
            files, "sealed_content", lambda row: file_place(row["message_id"], row["number"])
        ),
    )


async def _move_traces(move: _Move, plan: Plan) -> None:
    rows = move.own(plan.traces, "sender_id")
    await queries().move_traces(
        move.connection,
        site_id=move.site.site_id,
        message_ids=[row["message_id"] for row in rows],
        sealed_origins=move.anew(
            rows, "sealed_origin", lambda row: origin_place(row["message_id"])
        ),
        sender_id=move.keeper_id,
    )


async def _move_listings(move: _Move, plan: Plan) -> None:
    rows = move.own(plan.listings, "advertiser_id")
    site_id = move.site.site_id
    await queries().move_listings(
        move.connection,
        site_id=site_id,
        listing_ids=[row["listing_id"] for row in rows],
        sealed_advertisers=move.anew(
            rows, "sealed_advertiser", lambda row: advertiser_place(site_id, row["ref"])
        ),
        advertiser_id=move.keeper_id,
    )


async def _move_reports(move: _Move, plan: Plan) -> None:
    rows = move.own(plan.reports, "reporter_id")
    await queries().move_reports(
        move.connection,
        site_id=move.site.site_id,
        report_ids=[row["report_id"] for row in rows],
        sealed_notes=move.anew(rows, "sealed_note", lambda row: report_place(row["report_id"])),
        sealed_details=move.anew(
            rows, "sealed_details", lambda row: details_place(row["report_id"])
        ),
        reporter_id=move.keeper_id,
    )


async def _move_appeals(move: _Move, plan: Plan) -> None:
    rows = move.own(plan.appeals, "appellant_id")
    await queries().move_appeals(
        move.connection,
        site_id=move.site.site_id,
        case_ids=[row["case_id"] for row in rows],
        sealed_appeals=move.anew(
            rows, "sealed_appeal", lambda row: appeal_place(row["message_id"])
        ),
        appellant_id=move.keeper_id,
    )


async def _move_inbound(move: _Move, plan: Plan) -> None:
    mails = move.own(plan.inbound, "owner_id")
    rows = [row for row in mails if row["sealed_raw"] is not None]
    await queries().move_inbound(
        move.connection,
        site_id=move.site.site_id,
        inbound_ids=[row["inbound_id"] for row in rows],
        sealed_raws=move.anew(rows, "sealed_raw", lambda row: inbound_place(row["inbound_id"])),
        owner_id=move.keeper_id,
    )
