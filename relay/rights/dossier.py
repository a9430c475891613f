"""All that is held of one person, as values: what a request of access is answered by (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from relay.policy import Kept, Policy, Trigger
from relay.register import Entry


@dataclass(frozen=True, slots=True)
class Identity:
    """One address the person is known by."""

    email: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a conversation of the person's.

    Args:
        mine: The person wrote it; else it was received, and its writer is hidden.
        text: None when its writer was erased.
        name, email, phone: What the person gave with it; None of the other party.
        files: How many came with it.
    """

    message: str
    conversation: str
    at: datetime
    mine: bool
    listing: str
    title: str
    text: str | None
    state: str
    until: datetime
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    files: int = 0


@dataclass(frozen=True, slots=True)
class Traced:
    """Where one message of the person's came from."""

    message: str
    at: datetime
    ip: str
    port: str
    user_agent: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """One listing of the person's; *until* is None while it goes on."""

    ref: str
    title: str
    details: str
    url: str | None
    state: str
    pseudonym: str
    email: str
    phone: str | None
    company: str | None
    siret: str | None
    vat: str | None
    show_phone: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Reported:
    """One report the person made; *given* is what they said of themselves beside it, by field."""

    at: datetime
    category: str
    note: str
    until: datetime
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contested:
    """What the person said against a decision."""

    at: datetime
    text: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Consented:
    """One consent with what proves it (GDPR 7(1)): the eight fields of its record, and its end.

    Args:
        network: Address without its end.
        place: Region, as the browser named it.
    """

    number: str
    use: str
    policy_version: int
    given_at: datetime
    ends_at: datetime
    withdrawn_at: datetime | None
    network: str
    browser: str
    device: str
    page: str
    place: str


@dataclass(frozen=True, slots=True)
class Objected:
    """One objection; *ended_at* is when a later consent ended it."""

    purpose: str
    since: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Looked:
    """One look by staff at what is the person's: when and why, never who (CJEU, C-579/21)."""

    at: datetime
    action: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Attached:
    """A file the person sent."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything, and why it is kept."""

    policy: Policy
    language: str
    made_at: datetime
    asked_for: str
    identities: tuple[Identity, ...]
    said: tuple[Said, ...]
    traces: tuple[Traced, ...]
    listings: tuple[Listed, ...]
    reports: tuple[Reported, ...]
    appeals: tuple[Contested, ...]
    consents: tuple[Consented, ...]
    objections: tuple[Objected, ...]
    looks: tuple[Looked, ...]
    files: tuple[Attached, ...]
    purposes: tuple[Entry, ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is held."""
        held = (self.identities, self.said, self.traces, self.listings, self.reports,
                self.appeals)  # fmt: skip
        return not any((*held, self.consents, self.objections))


def kept_until(kepts: Iterable[Kept], since: datetime, ended_at: datetime | None) -> datetime:
    """Return when what came in at *since* is gone at the latest.

    Args:
        kepts: How long it may have been promised to be kept; the longest holds.
        ended_at: When its listing ended; None while it goes on.
    """
    return max(_end(kept, since, ended_at) for kept in kepts)


def _end(kept: Kept, since: datetime, ended_at: datetime | None) -> datetime:
    latest = since + timedelta(days=kept.days_from_receipt)
    if kept.trigger is Trigger.LISTING_ENDED and ended_at is not None:
        return min(latest, max(since, ended_at) + timedelta(days=kept.days))
    return latest
