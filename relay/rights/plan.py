"""What an erasure would do: what goes, what a hold or a legal duty keeps, until when and why."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from relay.context import Context
from relay.database import Connection, Record, queries, rows_of
from relay.policy import Basis, Policy
from relay.register import kept_of
from relay.retention import read_versions
from relay.rights.certificate import KeptLine, Why
from relay.rights.dossier import kept_until
from relay.rights.subjects import Subject
from relay.sites import Site

# The column that names whose a row is.
_OWNERS = {
    "messages": "sender_id",
    "traces": "sender_id",
    "listings": "advertiser_id",
    "reports": "reporter_id",
    "appeals": "appellant_id",
    "inbound": "owner_id",
    "conversations": "buyer_id",
}


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one class: those that go, those that stay and why."""

    goes: tuple[Record, ...] = ()
    held: tuple[Record, ...] = ()
    owed: tuple[Record, ...] = ()  # kept by a legal duty of the policy

    @property
    def kept(self) -> tuple[Record, ...]:
        """What stays, for whatever reason."""
        return self.held + self.owed


@dataclass(frozen=True, slots=True)
class Plan:
    """What an erasure would do to persons, class by class."""

    messages: Part
    traces: Part
    listings: Part
    reports: Part
    appeals: Part
    inbound: Part
    conversations: Part
    kept_lines: tuple[KeptLine, ...]
    held_persons: frozenset[UUID]  # a hold keeps all there is of them, were it their name alone

    @property
    def counts(self) -> dict[str, int]:
        """What goes, by class; nothing that is none."""
        names = ("messages", "conversations", "traces", "listings", "reports", "appeals",
                 "inbound")  # fmt: skip
        counted = {name: len(getattr(self, name).goes) for name in names}
        return {name: n for name, n in counted.items() if n}

    @property
    def keeps(self) -> bool:
        """Tell whether anything stays."""
        return bool(self.held_persons) or any(getattr(self, name).kept for name in _OWNERS)

    def keeps_of(self, person_id: UUID) -> bool:
        """Tell whether anything of one of the persons stays."""
        return person_id in self.held_persons or any(
            row[owner] == person_id
            for name, owner in _OWNERS.items()
            for row in getattr(self, name).kept
        )


async def plan_erasure(
    context: Context, connection: Connection, site: Site, subjects: Sequence[Subject]
) -> Plan:
    """Look at everything of persons and say what would go, and what stays until when and why."""
    as_of = context.clock()
    named = {
        "site_id": site.site_id,
        "person_ids": [one.person_id for one in subjects],
        "as_of": as_of,
    }
    versions = await read_versions(connection, site)
    policies = {version.policy.version: version.policy for version in versions}
    read, parts = queries(), dict[str, Part]()
    for name in ("messages", "traces", "listings"):
        rows = await rows_of(getattr(read, f"own_{name}")(connection, **named))
        parts[name] = _part(rows, name, policies, as_of)
    for name in ("reports", "appeals", "inbound"):
        parts[name] = _by_hold(await rows_of(getattr(read, f"own_{name}")(connection, **named)))
    needed = {row["conversation_id"] for row in parts["messages"].kept}
    conversations = _by_hold(await rows_of(read.own_conversations(connection, **named)), needed)
    holds = await rows_of(read.held_persons(connection, **named))
    held_persons = frozenset(row["subject_id"] for row in holds)
    held = (*parts.values(), conversations)
    persons = Part(held=tuple(one.row for one in subjects if one.person_id in held_persons))
    hold_end = await _hold_end(connection, site, subjects, held, as_of)
    return Plan(
        **parts,
        conversations=conversations,
        kept_lines=tuple(_kept_lines({**parts, "persons": persons}, policies, as_of, hold_end)),
        held_persons=held_persons,
    )


def _part(rows: Sequence[Record], name: str, policies: dict[int, Policy], as_of: datetime) -> Part:
    """Sort rows of a retention class: held, owed by a duty that still lasts, or to go."""
    goes, held, owed = [], [], []
    for row in rows:
        if row["held"]:
            held.append(row)
        elif _owed_until(row, name, policies, as_of):
            owed.append(row)
        else:
            goes.append(row)
    return Part(tuple(goes), tuple(held), tuple(owed))


def _by_hold(rows: Sequence[Record], needed: Collection[UUID] = ()) -> Part:
    """Sort rows by holds alone; conversations stay with the messages that do."""

    def stays(row: Record) -> bool:
        return bool(row["held"] or (needed and row["conversation_id"] in needed))

    return Part(
        goes=tuple(row for row in rows if not stays(row)),
        held=tuple(row for row in rows if stays(row)),
    )


def _owed_until(
    row: Record, name: str, policies: dict[int, Policy], as_of: datetime
) -> datetime | None:
    """Return until when a legal duty of the policy keeps a row; None when none does."""
    kepts = [kept_of(policy, name) for policy in _policies_of(row, policies)]
    owed = [kept for kept in kepts if kept.basis is Basis.LEGAL_OBLIGATION]
    if not owed:
        return None
    since = row.get("received_at") or row["ended_at"] or as_of
    until = kept_until(owed, since, row["ended_at"])
    return until if until > as_of else None


def _policies_of(row: Record, policies: dict[int, Policy]) -> list[Policy]:
    """Return the policies a row may be under: the version its sender saw, or all."""
    version = row.get("policy_version")
    return [policies[version]] if version in policies else list(policies.values())


async def _hold_end(
    connection: Connection,
    site: Site,
    subjects: Sequence[Subject],
    parts: Sequence[Part],
    as_of: datetime,
) -> datetime | None:
    """Return when the last hold ends that keeps any of these rows."""
    names = ("message_id", "conversation_id", "listing_id", "buyer_id", "advertiser_id")
    ids = {row[name] for part in parts for row in part.held for name in names if row.get(name)}
    ids |= {one.person_id for one in subjects}
    until: datetime | None = await queries().last_hold_end(
        connection, site_id=site.site_id, subject_ids=list(ids), as_of=as_of
    )
    return until


def _kept_lines(
    parts: Mapping[str, Part],
    policies: dict[int, Policy],
    as_of: datetime,
    hold_end: datetime | None,
) -> Iterator[KeptLine]:
    """Say what stays, class by class: how many, until when, why."""
    for name, part in parts.items():
        if part.held:
            yield KeptLine(name, len(part.held), hold_end, Why.HOLD)
        if part.owed:
            ends = [_owed_until(row, name, policies, as_of) for row in part.owed]
            grounds = {kept_of(policy, name).ground for policy in policies.values()}
            until = max(end for end in ends if end)
            ground = "; ".join(sorted(filter(None, grounds)))
            yield KeptLine(name, len(part.owed), until, Why.DUTY, ground)
