"""Opens what is held of a person, row by row, and hides whoever they wrote with (GDPR 15(4))."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from relay.catalogue import Advertiser, advertiser_place, unseal_advertiser
from relay.context import Context
from relay.database import Record
from relay.masking import MaskPolicy, mask_by
from relay.outgoing.mails import FILE_NAMES, OTHER_NAME
from relay.policy import Kept, Policy
from relay.rights.dossier import (
    Attached,
    Contested,
    Identity,
    Listed,
    Reported,
    Said,
    Traced,
    kept_until,
)
from relay.rights.redaction import Other, redact
from relay.rights.requests import DataRequest
from relay.rights.subjects import Subject, address_of
from relay.sealing import (
    DataKey,
    Unsealable,
    appeal_place,
    content_place,
    details_place,
    file_place,
    origin_place,
    public_id,
    report_place,
)
from relay.sites import Site


@dataclass(frozen=True)
class Reading:
    """What opens the rows of one person, and hides whoever they wrote with."""

    context: Context
    site: Site
    request: DataRequest
    subjects: Mapping[UUID, Subject]
    policies: Mapping[int, Policy]

    @property
    def keys(self) -> dict[UUID, DataKey]:
        """The open keys of the person."""
        return {one.person_id: one.key for one in self.subjects.values()}

    @cached_property
    def _region(self) -> str:
        return self.site.policy.site.region

    def masked(self, text: str) -> str:
        """Return staff's words without numbers and addresses of anybody."""
        rules = MaskPolicy(region=self._region, everything=True, addresses=True, handles=True)
        return mask_by(text, rules, None).text

    def identity(self, subject: Subject) -> Identity:
        """Open one address of the person."""
        return Identity(address_of(subject), subject.row["created_at"])

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
        note = key.open(row["sealed_note"], report_place(row["report_id"]))
        until = self._report_end(row["created_at"])
        given: dict[str, str] = {}
        if row["sealed_details"] is not None:
            given = json.loads(key.open(row["sealed_details"], details_place(row["report_id"])))
        said = {name: value for name, value in given.items() if value}
        return Reported(row["created_at"], row["category"], note, until, said)

    def appeal(self, row: Record) -> Contested:
        """Open what the person said against a decision."""
        key = self.subjects[row["appellant_id"]].key
        text = key.open(row["sealed_appeal"], appeal_place(row["message_id"]))
        return Contested(row["appealed_at"], text, self._report_end(row["appealed_at"]))

    def _report_end(self, since: datetime) -> datetime:
        kept = [policy.retention.reports for policy in self.policies.values()]
        return kept_until(kept, since, None)

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

    @cached_property
    def _titles(self) -> dict[str, str]:
        """Titles as they are shown, by listing: many messages are about one."""
        return {}

    def _title(self, row: Record) -> str:
        title: str = row["title"]
        if row["advertiser_id"] in self.subjects:
            return title
        if row["ref"] not in self._titles:
            self._titles[row["ref"]] = self._redacted(title, self._other(row, {}))
        return self._titles[row["ref"]]

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
