"""Acts of access and portability: gathers what is held of the person of a request, and packs it."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from relay.catalogue import Advertiser, advertiser_place, unseal_advertiser
from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.masking import MaskPolicy, mask_by
from relay.outgoing.mails import FILE_NAMES, OTHER_NAME
from relay.policy import Kept, Policy
from relay.register import controller_register
from relay.retention import read_versions
from relay.rights.dossier import (
    Attached,
    Dossier,
    Identity,
    Listed,
    Looked,
    Reported,
    Said,
    Traced,
    kept_until,
)
from relay.rights.packet import pack
from relay.rights.redaction import Other, redact
from relay.rights.requests import DataRequest
from relay.sealing import (
    DataKey,
    Unsealable,
    content_place,
    file_place,
    mail_place,
    origin_place,
    public_id,
)
from relay.sites import Site
from relay.validation import mailbox_key


@dataclass(frozen=True, slots=True)
class Subject:
    """One row of the person, with its open key."""

    person_id: UUID
    key: DataKey
    row: Record


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
    return [open_subject(context, row) for row in rows]


def open_subject(context: Context, row: Record) -> Subject:
    """Open the key of a person."""
    person_id = row["person_id"]
    return Subject(person_id, context.keyring.person_key(row["wrapped_key"], person_id), row)


async def build_packet(context: Context, site: Site, request: DataRequest) -> bytes:
    """Return the ZIP of a request; what is made is given away at once and kept nowhere."""
    async with context.database.connection() as connection:
        dossier = await gather(context, connection, site, request)
    return await asyncio.to_thread(pack, dossier)


async def gather(
    context: Context, connection: Connection, site: Site, request: DataRequest
) -> Dossier:
    """Read and open all that is held of the person of a request."""
    reading = await _begin(context, connection, site, request)
    named = {"site_id": site.site_id, "person_ids": list(reading.subjects)}
    said = await rows_of(queries().list_said(connection, **named))
    traces = await rows_of(queries().list_own_traces(connection, **named))
    listings = await rows_of(queries().list_own_listings(connection, **named))
    reports = await rows_of(queries().list_own_reports(connection, **named))
    message_ids = [row["message_id"] for row in said]
    files = await rows_of(
        queries().list_own_files(connection, site_id=site.site_id, message_ids=message_ids)
    )
    counts = Counter(row["message_id"] for row in files)
    senders = {row["message_id"]: row["sender_id"] for row in said}
    return Dossier(
        policy=site.policy,
        language=request.language,
        made_at=context.clock(),
        asked_for=request.content.email if request.content else "",
        identities=tuple(map(reading.identity, reading.subjects.values())),
        said=tuple(reading.said(row, counts[row["message_id"]]) for row in said),
        traces=tuple(map(reading.trace, traces)),
        listings=tuple(map(reading.listing, listings)),
        reports=tuple(map(reading.report, reports)),
        looks=await _looks(connection, reading, message_ids, reports),
        files=tuple(
            reading.file(row, senders)
            for row in files
            if senders[row["message_id"]] in reading.subjects
        ),
        purposes=tuple(controller_register(site.policy, request.language)),
    )


async def _begin(
    context: Context, connection: Connection, site: Site, request: DataRequest
) -> "_Reading":
    versions = await read_versions(connection, site)
    subjects = await find_subjects(context, connection, site, request)
    return _Reading(
        context=context,
        site=site,
        request=request,
        subjects={one.person_id: one for one in subjects},
        policies={version.policy.version: version.policy for version in versions},
    )


async def _looks(
    connection: Connection,
    reading: "_Reading",
    message_ids: Sequence[UUID],
    reports: Sequence[Record],
) -> tuple[Looked, ...]:
    """Return the looks that name a message, a report, a case or the request of the person."""
    site_id = reading.site.site_id
    cases = await rows_of(
        queries().list_cases_of(connection, site_id=site_id, message_ids=list(message_ids))
    )
    subjects = [public_id("msg", one) for one in message_ids]
    subjects += [public_id("rep", row["report_id"]) for row in reports]
    subjects += [public_id("case", row["case_id"]) for row in cases]
    subjects.append(public_id("req", reading.request.request_id))
    rows = await rows_of(queries().list_looks_at(connection, site_id=site_id, subjects=subjects))
    return tuple(Looked(row["at"], row["action"], reading.masked(row["reason"])) for row in rows)


@dataclass(frozen=True)
class _Reading:
    """What opens the rows of one person, and hides whoever they wrote with."""

    context: Context
    site: Site
    request: DataRequest
    subjects: Mapping[UUID, Subject]
    policies: Mapping[int, Policy]

    @cached_property
    def _region(self) -> str:
        return self.site.policy.site.region

    def masked(self, text: str) -> str:
        """Return staff's words without numbers and addresses of anybody."""
        rules = MaskPolicy(region=self._region, everything=True, addresses=True, handles=True)
        return mask_by(text, rules, None).text

    def identity(self, subject: Subject) -> Identity:
        """Open one address of the person."""
        place = mail_place(subject.person_id)
        sealed = subject.row["sealed_mail"]
        mail = subject.key.open(sealed, place) if sealed else ""
        return Identity(mail, subject.row["created_at"])

    def said(self, row: Record, files: int) -> Said:
        """Open a message: in full where the person wrote it, without its writer otherwise."""
        mine = row["sender_id"] in self.subjects
        content = self._content(row)
        other = Other(frozenset(), frozenset(), frozenset()) if mine else self._other(row, content)
        own = content if mine else {}
        text = content.get("text")
        return Said(
            message=public_id("msg", row["message_id"]),
            conversation=public_id("cnv", row["conversation_id"]),
            at=row["received_at"],
            mine=mine,
            listing=row["ref"],
            title=self._title(row),
            text=text if mine or text is None else self._redacted(text, other),
            state=row["state"] or "purged",
            until=self._until(row, "messages"),
            name=own.get("name"),
            email=own.get("email"),
            phone=own.get("phone"),
            files=files,
        )

    def trace(self, row: Record) -> Traced:
        """Open one trace of the person's."""
        key = self.subjects[row["sender_id"]].key
        place = origin_place(row["message_id"])
        origin = json.loads(key.open(row["sealed_origin"], place))
        return Traced(
            message=public_id("msg", row["message_id"]),
            at=row["received_at"],
            ip=origin["ip"],
            port=str(origin["port"]),
            user_agent=origin["user_agent"],
            until=self._until(row, "traces"),
        )

    def listing(self, row: Record) -> Listed:
        """Open one listing of the person's."""
        person = self._advertiser(row, self.subjects[row["advertiser_id"]].key)
        kept = [policy.retention.listings for policy in self.policies.values()]
        ended_at = row["ended_at"]
        return Listed(
            ref=row["ref"],
            title=row["title"],
            details=row["details"],
            url=row["url"],
            state=row["state"],
            pseudonym=person.pseudonym,
            email=person.email,
            phone=person.phone,
            company=person.company,
            siret=person.siret,
            vat=person.vat,
            show_phone=row["show_phone"],
            until=kept_until(kept, ended_at, ended_at) if ended_at else None,
        )

    def report(self, row: Record) -> Reported:
        """Open one report the person made."""
        key = self.subjects[row["reporter_id"]].key
        note = key.open(row["sealed_note"], f"report.sealed_note:{row['report_id']}")
        kept = [policy.retention.reports for policy in self.policies.values()]
        until = kept_until(kept, row["created_at"], None)
        return Reported(row["created_at"], row["category"], note, until)

    def file(self, row: Record, senders: Mapping[UUID, UUID]) -> Attached:
        """Open a file the person sent."""
        message_id, number = row["message_id"], row["number"]
        place = file_place(message_id, number)
        content = self.subjects[senders[message_id]].key.open_bytes(row["sealed_content"], place)
        name = FILE_NAMES.get(row["kind"], OTHER_NAME).format(number)
        return Attached(f"{message_id.hex[-8:]}-{name}", content)

    def _until(self, row: Record, name: str) -> Any:
        """Return when a row is gone at the latest, under the version its sender saw."""
        policy = self.policies.get(row["policy_version"] or self.site.policy.version)
        kept: Kept = getattr((policy or self.site.policy).retention, name)
        return kept_until([kept], row["received_at"], row["ended_at"])

    def _content(self, row: Record) -> dict[str, Any]:
        """Open a message's words; nothing of a writer who was erased."""
        try:
            key = self.context.keyring.person_key(row["sender_key"], row["sender_id"])
            place = content_place(row["message_id"])
            content: dict[str, Any] = json.loads(key.open(row["sealed_content"], place))
        except Unsealable:
            return {}
        return content

    def _title(self, row: Record) -> str:
        title: str = row["title"]
        if row["advertiser_id"] in self.subjects:
            return title
        return self._redacted(title, self._other(row, {}))

    def _redacted(self, text: str, other: Other) -> str:
        return redact(text, other, region=self._region, language=self.request.language)

    def _other(self, row: Record, content: Mapping[str, Any]) -> Other:
        """Return what is known of the party that is not the person."""
        names, numbers = {content.get("name")}, {content.get("phone")}
        addresses = {content.get("email"), content.get("sender")}
        if row["advertiser_id"] not in self.subjects:
            advertiser = self._known_advertiser(row)
            if advertiser:
                names |= {advertiser.pseudonym, advertiser.company}
                numbers.add(advertiser.phone)
                addresses.add(advertiser.email)
        return Other(*(frozenset(filter(None, one)) for one in (names, numbers, addresses)))

    def _known_advertiser(self, row: Record) -> Advertiser | None:
        try:
            key = self.context.keyring.person_key(row["advertiser_key"], row["advertiser_id"])
            return self._advertiser(row, key)
        except Unsealable:
            return None

    def _advertiser(self, row: Record, key: DataKey) -> Advertiser:
        place = advertiser_place(self.site.site_id, row["ref"])
        return unseal_advertiser(key, row["sealed_advertiser"], place)
