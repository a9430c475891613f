"""The values of a policy file. Every new field has a default: published versions stay readable."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from babel.dates import get_timezone
from phonenumbers import SUPPORTED_REGIONS
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from relay.policy.words import (
    Basis,
    Disclosure,
    Need,
    Outcome,
    Proof,
    Purpose,
    Right,
    Trigger,
)

YEAR = 365
DAYS_MOST = 3650


class Contradiction(ValueError):
    """What the file says cannot be; the only argument is the code of its sentence."""


def _filled(text: str) -> str:
    if "{" in text or "}" in text:
        raise Contradiction("unfilled")  # people would read it on the privacy page
    return text


def _country(code: str) -> str:
    if code not in SUPPORTED_REGIONS:
        raise Contradiction("country")
    return code


FORMS = {  # each has a sentence in relay/locale/<language>/policy.toml that says it in words
    "url": r"^https?://\S+$",
    "link": r"^(https?://|mailto:)\S+$",
}
Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_filled)]
Days = Annotated[int, Field(ge=0, le=DAYS_MOST)]
Country = Annotated[str, AfterValidator(_country)]
Url = Annotated[str, Field(pattern=FORMS["url"], max_length=200), AfterValidator(_filled)]
Link = Annotated[str, Field(pattern=FORMS["link"], max_length=200), AfterValidator(_filled)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Site(_Part):
    """How the site is called and where it speaks from."""

    name: Line
    url: Url
    region: Country = "FR"
    timezone: str = "Europe/Paris"
    data_region: Country | None = None  # the only country data may lie in; None promises none
    languages: Annotated[tuple[Literal["fr", "en"], ...], Field(min_length=1)] = ("fr", "en")
    sensitive: bool = False  # neutral subjects: the trade itself may reveal sex life (GDPR 9)

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, name: str) -> str:
        try:
            get_timezone(name)
        except LookupError:
            raise Contradiction("timezone") from None
        return name


class Controller(_Part):
    """Who answers for the data (GDPR 4(7), 13(1)(a))."""

    name: Line
    contact: Line
    rights_url: Link
    dpo: Line | None = None  # data protection officer (GDPR 37)


class ContactPoints(_Part):
    """Whom users and authorities write to, and in which languages (DSA 11, 12)."""

    users: Line
    authorities: Line
    languages: Annotated[tuple[Line, ...], Field(min_length=1)] = ("fr",)


class Processor(_Part):
    """Who acts for the controller (GDPR 28): shown in the notice and in every access answer."""

    name: Line
    task: Line
    country: Country


class Form(_Part):
    """What the contact form asks; the message and the e-mail address are always required."""

    phone: Need = Need.OPTIONAL
    name: Need = Need.OPTIONAL


class Kept(_Part):
    """How long one class of data is kept, from what, and why.

    Args:
        active_days: In daily use, from the trigger.
        archive_days: After that, kept apart for the *ground* given (intermediate archive).
        most_days: The latest end counted from receipt, for what else goes with its listing.
    """

    trigger: Trigger = Trigger.RECEIPT
    active_days: Days
    archive_days: Days = 0
    most_days: Annotated[int, Field(ge=1, le=DAYS_MOST)] | None = None
    basis: Basis = Basis.CONTRACT
    ground: Line | None = None

    @property
    def days(self) -> int:
        """Days from the trigger until the data is gone."""
        return self.active_days + self.archive_days

    @property
    def days_from_receipt(self) -> int:
        """Days from receipt after which the data is gone whatever happens."""
        return self.most_days or self.days

    @model_validator(mode="after")
    def _archive_has_a_ground(self) -> Self:
        if self.archive_days and not self.ground:
            raise Contradiction("archive_ground")
        return self


def _kept(days: int, basis: Basis) -> Kept:
    return Kept(active_days=days, basis=basis)


class Retention(_Part):
    """The retention classes; ``message_days`` and ``trace_days`` are the latest ends from receipt.

    A file may give those two numbers alone, or the tables ``messages`` and ``traces``.
    """

    message_days: Annotated[int, Field(ge=1, le=DAYS_MOST)] = YEAR
    trace_days: Annotated[int, Field(ge=1, le=DAYS_MOST)] = YEAR
    messages: Kept = _kept(YEAR, Basis.CONTRACT)
    traces: Kept = _kept(YEAR, Basis.LEGITIMATE_INTEREST)
    reports: Kept = _kept(YEAR, Basis.LEGITIMATE_INTEREST)
    inbound: Kept = _kept(30, Basis.CONTRACT)
    rights: Kept = _kept(5 * YEAR, Basis.LEGAL_OBLIGATION)  # the register, without what was said
    listings: Kept = Kept(trigger=Trigger.LISTING_ENDED, active_days=30)

    @model_validator(mode="before")
    @classmethod
    def _both_forms(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        filled = dict(given)
        for number, table, basis in (
            ("message_days", "messages", Basis.CONTRACT),
            ("trace_days", "traces", Basis.LEGITIMATE_INTEREST),
        ):
            if table not in given and isinstance(given.get(number), int):
                filled[table] = {"active_days": given[number], "basis": basis}
            elif number not in given:
                filled |= _latest(number, given.get(table))
        return filled

    @field_validator("messages", "traces")
    @classmethod
    def _has_an_end(cls, kept: Kept) -> Kept:
        if kept.trigger is Trigger.LISTING_ENDED and kept.most_days is None:
            raise Contradiction("most_days")
        if kept.trigger is Trigger.RECEIPT and kept.most_days is not None:
            raise Contradiction("most_days_twice")
        if kept.days_from_receipt < 1:
            raise Contradiction("no_day")
        return kept

    @field_validator("reports", "inbound", "rights")
    @classmethod
    def _from_receipt(cls, kept: Kept) -> Kept:
        if kept.trigger is not Trigger.RECEIPT or kept.days < 1:
            raise Contradiction("receipt_only")
        return kept

    @field_validator("listings")
    @classmethod
    def _from_end(cls, kept: Kept) -> Kept:
        if kept.trigger is not Trigger.LISTING_ENDED or kept.days < 1:
            raise Contradiction("listing_only")
        return kept

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.message_days != self.messages.days_from_receipt:
            raise Contradiction("days_differ")
        if self.trace_days != self.traces.days_from_receipt:
            raise Contradiction("days_differ")
        return self


def _latest(number: str, table: Any) -> dict[str, int]:
    """Return the latest end a table gives, when it gives one that can be read."""
    if not isinstance(table, Mapping):
        return {}
    parts = (table.get("active_days", 0), table.get("archive_days", 0))
    days = table.get("most_days") or sum(part for part in parts if isinstance(part, int))
    return {number: days} if isinstance(days, int) and 1 <= days <= DAYS_MOST else {}


class Masking(_Part):
    """What is hidden besides the numbers whose owners hide them, which always are."""

    all_numbers: bool = False
    addresses: bool = False
    handles: bool = False


class Limits(_Part):
    """How much is taken in an hour before a sender is asked to wait."""

    per_ip: Annotated[int, Field(ge=1)] = 60
    per_sender: Annotated[int, Field(ge=1)] = 20
    per_listing: Annotated[int, Field(ge=1)] = 200
    per_site: Annotated[int, Field(ge=1)] = 20_000


class Staff(_Part):
    """What the site's staff may read for; a read for another purpose is refused."""

    purposes: frozenset[Purpose] = frozenset(Purpose)


class Promise(_Part):
    """One thing the site's published policy says, and who makes it true."""

    row: Annotated[int, Field(ge=1)]
    said: Line
    outcome: Outcome
    proof: Proof | None = None
    why: Line | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.outcome is Outcome.EXECUTED and self.proof is None:
            raise Contradiction("proof_missing")
        if self.outcome is Outcome.REFUSED and self.why is None:
            raise Contradiction("why_missing")
        return self


class Policy(_Part):
    """One version of one site's policy."""

    version: Annotated[int, Field(ge=1)]
    published: date
    site: Site
    controller: Controller
    contact_points: ContactPoints | None = None
    processors: tuple[Processor, ...] = ()
    form: Form = Form()
    disclosure: Disclosure = Disclosure.PHONE
    masking: Masking = Masking()
    attachments: frozenset[Literal["image", "pdf"]] = frozenset({"image"})
    retention: Retention = Retention()
    rights: frozenset[Right] = frozenset(Right)
    staff: Staff = Staff()
    limits: Limits = Limits()
    promises: tuple[Promise, ...] = ()

    @field_validator("promises")
    @classmethod
    def _one_each(cls, promises: tuple[Promise, ...]) -> tuple[Promise, ...]:
        rows = [promise.row for promise in promises]
        if len(rows) != len(set(rows)):
            raise Contradiction("promise_twice")
        return promises
