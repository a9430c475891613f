"""The register of processing, made from a policy (GDPR 30) (pure)."""

from dataclasses import dataclass, fields

from relay.policy import Kept, Policy, Trigger
from relay.texts import say

YEAR = 365
# With Iceland, Liechtenstein and Norway, where the GDPR holds as well.
UNION = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI"
    " SK".split()
)
# Class, who is concerned.
CLASSES = {
    "messages": "persons_both",
    "traces": "persons_buyer",
    "reports": "persons_both",
    "inbound": "persons_both",
    "listings": "persons_advertiser",
    "rights": "persons_both",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the register, in one language."""

    activity: str
    purpose: str
    basis: str
    persons: str
    data: str
    recipients: str
    transfers: str
    kept: str
    security: str


def kept_of(policy: Policy, name: str) -> Kept:
    """Return how long a class of CLASSES is kept."""
    kept: Kept = getattr(policy.retention, name)
    return kept


def controller_register(policy: Policy, language: str) -> list[Entry]:
    """Return the controller's register of a site, one entry per class (GDPR 30(1))."""
    return [_entry(policy, language, name, persons) for name, persons in CLASSES.items()]


def processor_register(policies: list[Policy], language: str) -> list[Entry]:
    """Return the register of the operator who acts for several controllers (GDPR 30(2))."""
    return [
        Entry(
            activity=say(language, "privacy.processor_activity", controller=policy.controller.name),
            purpose=say(language, "privacy.why_messages"),
            basis=say(language, "privacy.basis_contract"),
            persons=say(language, "privacy.persons_both"),
            data=say(language, "privacy.class_messages"),
            recipients=_recipients(policy, language),
            transfers=_transfers(policy, language),
            kept=duration_words(policy.retention.messages, language),
            security=say(language, "privacy.security"),
        )
        for policy in policies
    ]


def columns(language: str) -> dict[str, str]:
    """Return the heading of each field of an entry."""
    return {field.name: say(language, f"privacy.register_{field.name}") for field in fields(Entry)}


def duration_words(kept: Kept, language: str) -> str:
    """Say how long a class is kept, from what, at the latest, and what of it in the archive."""
    if kept.trigger is Trigger.RECEIPT:
        parts = [say(language, "privacy.from_receipt", duration=_days(kept.days, language))]
    elif kept.days:
        parts = [say(language, "privacy.from_listing", duration=_days(kept.days, language))]
    else:
        parts = [say(language, "privacy.at_listing")]
    if kept.most_days:
        parts.append(say(language, "privacy.most", duration=_days(kept.most_days, language)))
    if kept.archive_days:
        archived = _days(kept.archive_days, language)
        parts.append(say(language, "privacy.archive", duration=archived, ground=kept.ground or ""))
    return ", ".join(parts)


def _entry(policy: Policy, language: str, name: str, persons: str) -> Entry:
    kept = kept_of(policy, name)
    is_passed_on = name in ("messages", "inbound")
    return Entry(
        activity=say(language, f"privacy.activity_{name}"),
        purpose=say(language, f"privacy.why_{name}"),
        basis=say(language, f"privacy.basis_{kept.basis}"),
        persons=say(language, f"privacy.{persons}"),
        data=say(language, f"privacy.class_{name}"),
        recipients=_recipients(policy, language)
        if is_passed_on
        else say(language, "privacy.recipients_none"),
        transfers=_transfers(policy, language),
        kept=duration_words(kept, language),
        security=say(language, "privacy.security"),
    )


def _recipients(policy: Policy, language: str) -> str:
    who = say(language, f"privacy.recipients_{policy.disclosure}")
    return "; ".join([who, *(processor.name for processor in policy.processors)])


def _transfers(policy: Policy, language: str) -> str:
    abroad = [one.name for one in policy.processors if one.country not in UNION]
    return ", ".join(abroad) or say(language, "privacy.transfers_none")


def _days(days: int, language: str) -> str:
    if days % YEAR == 0 and days:
        return say(language, "privacy.years", n=days // YEAR)
    return say(language, "privacy.days", n=days)
