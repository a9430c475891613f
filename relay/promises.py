"""Judges what a site's policy promises by what is seen of the relay at work (pure)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from relay.masking import find_number, mask
from relay.policy import Need, Outcome, Policy, Promise, Proof
from relay.texts import say

GRACE = timedelta(hours=26)  # a purge each hour, a night's failure, and time to mend it

# Ways in which people write a number they hide; the number is one of fiction.
HIDDEN = "+33639980123"
WRITINGS = (
    "06 39 98 01 23",
    "0639980123",
    "06.39.98.01.23",
    "06-39-98-01-23",
    "+33 6 39 98 01 23",
    "0033639980123",
    "+33 (0)6 39 98 01 23",
    "06/39/98/01/23",
    "0 6 3 9 9 8 0 1 2 3",
    "zéro six trente-neuf quatre-vingt-dix-huit zéro un vingt-trois",
    "06 trente-neuf 98 zéro un 23",
    "O6 39 98 O1 23",
)


class Verdict(StrEnum):
    """How a promise stands now."""

    KEPT = "kept"
    BROKEN = "broken"
    UNPROVEN = "unproven"  # nothing shows it broken, and it could not be looked at
    REFUSED = "refused"  # not this relay's to keep; the policy says why


@dataclass(frozen=True, slots=True)
class Age:
    """The oldest row of a class, in days; None for no row; and the most that is allowed."""

    days: int | None
    most: int


@dataclass(frozen=True, slots=True)
class Report:
    """The last purge report."""

    ended_at: datetime
    is_genuine: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """The newest messages, looked at without opening them.

    Args:
        phoneless: Without a phone number, under a policy that requires one.
        versionless: Naming a policy version that is not there.
        readable: Not sealed.
    """

    messages: int
    phoneless: int
    versionless: int
    readable: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What a visitor's program saw of the privacy page; *is_read* when it answered."""

    url: str
    is_read: bool
    cookies: int = 0
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests of persons.

    Args:
        late: Past their last day without an answer.
        erased: Persons whose keys were destroyed.
        readable: Of these, those whose key is there all the same: a backup was restored.
    """

    waiting: int = 0
    late: int = 0
    erased: int = 0
    readable: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a site's promises are judged by."""

    policy: Policy
    now: datetime
    overdue: frozenset[str]
    ages: Mapping[str, Age]
    report: Report | None
    sample: Sample
    versions: int
    page: Seen
    requests: Requests = Requests()


@dataclass(frozen=True, slots=True)
class Judged:
    """One promise: what was promised, the proof of the moment, and how it stands."""

    row: int
    said: str
    verdict: Verdict
    proof: str


Found = tuple[Verdict, str, Mapping[str, str | int]]
_KEPT, _BROKEN, _UNPROVEN = Verdict.KEPT, Verdict.BROKEN, Verdict.UNPROVEN


def judge(facts: Facts, language: str) -> list[Judged]:
    """Judge every promise of a policy, in the order of its file."""
    return [_judge(facts, promise, language) for promise in facts.policy.promises]


def _judge(facts: Facts, promise: Promise, language: str) -> Judged:
    if promise.outcome is Outcome.REFUSED or promise.proof is None:
        return Judged(promise.row, promise.said, Verdict.REFUSED, promise.why or "")
    verdict, key, values = PROOFS[promise.proof](facts)
    return Judged(promise.row, promise.said, verdict, say(language, f"privacy.{key}", **values))


def _gone(*names: str) -> Callable[[Facts], Found]:
    """Judge that no row of some classes is past its time; the first one's age is told."""

    def look(facts: Facts) -> Found:
        late = sorted(facts.overdue.intersection(names))
        if late:
            return _BROKEN, "proof_overdue", {"classes": ", ".join(late)}
        age = facts.ages[names[0]]
        if age.days is None:
            return _KEPT, "proof_gone_none", {"most": age.most}
        return _KEPT, "proof_gone", {"days": age.days, "most": age.most}

    return look


def _report(facts: Facts) -> Found:
    if facts.report is None:
        return _BROKEN, "proof_report_none", {}
    if not facts.report.is_genuine:
        return _BROKEN, "proof_report_forged", {}
    age = facts.now - facts.report.ended_at
    hours = {"hours": max(0, int(age / timedelta(hours=1)))}
    return (_KEPT, "proof_report", hours) if age <= GRACE else (_BROKEN, "proof_report_old", hours)


def _numbers(_facts: Facts) -> Found:
    leaks = [
        writing
        for writing in WRITINGS
        if find_number(mask(writing, hidden=frozenset({HIDDEN}), region="FR").text, HIDDEN)
        or not find_number(writing, HIDDEN)
    ]
    if leaks:
        return _BROKEN, "proof_numbers_leak", {"n": len(leaks)}
    return _KEPT, "proof_numbers", {"n": len(WRITINGS)}


def _fields(facts: Facts) -> Found:
    wrong = facts.sample.phoneless if facts.policy.form.phone is Need.REQUIRED else 0
    values = {"n": facts.sample.messages, "wrong": wrong}
    return (_BROKEN, "proof_fields_missing", values) if wrong else (_KEPT, "proof_fields", values)


def _disclosure(facts: Facts) -> Found:
    return _KEPT, "proof_disclosure", {"mode": facts.policy.disclosure.value}


def _notice(facts: Facts) -> Found:
    if facts.sample.versionless:
        return _BROKEN, "proof_notice_lost", {"wrong": facts.sample.versionless}
    return _KEPT, "proof_notice", {"n": facts.versions, "messages": facts.sample.messages}


def _page(facts: Facts) -> Found:
    page = facts.page
    if not page.is_read:
        return _UNPROVEN, "proof_pages_unseen", {"url": page.url}
    if page.cookies:
        return _BROKEN, "proof_cookie", {}
    if page.hosts:
        return _BROKEN, "proof_host", {"hosts": ", ".join(page.hosts)}
    return _KEPT, "proof_pages", {}


def _sealed(facts: Facts) -> Found:
    if facts.sample.readable:
        return _BROKEN, "proof_unsealed", {"wrong": facts.sample.readable}
    return _KEPT, "proof_sealed", {"n": facts.sample.messages}


def _region(facts: Facts) -> Found:
    country, named = facts.policy.site.data_region, facts.policy.processors
    if country is None or not named:
        return _UNPROVEN, "proof_region_none", {}
    abroad = [one.name for one in named if one.country != country]
    if abroad:
        return _BROKEN, "proof_region_wrong", {"country": country, "names": ", ".join(abroad)}
    return _KEPT, "proof_region", {"country": country}


def _processors(facts: Facts) -> Found:
    named = len(facts.policy.processors)
    return (_KEPT, "proof_processors", {"n": named}) if named else (_BROKEN, _NO_PROCESSOR, {})


def _rights(facts: Facts) -> Found:
    return _KEPT, "proof_rights", {"url": facts.policy.controller.rights_url}


def _desk(facts: Facts) -> Found:
    """Judge that every right the policy names can be used, and every request is in time."""
    requests = facts.requests
    if requests.late:
        return _BROKEN, "proof_desk_late", {"n": requests.late}
    if not facts.policy.rights:
        return _BROKEN, "proof_desk_closed", {}
    return _KEPT, "proof_desk", {"waiting": requests.waiting, "rights": len(facts.policy.rights)}


def _erased(facts: Facts) -> Found:
    """Judge that who was erased cannot be read."""
    requests = facts.requests
    if requests.readable:
        return _BROKEN, "proof_erased_back", {"n": requests.readable}
    return _KEPT, "proof_erased", {"n": requests.erased}


def _staff(facts: Facts) -> Found:
    purposes = ", ".join(sorted(facts.policy.staff.purposes))
    return _UNPROVEN, "proof_staff", {"purposes": purposes}


_NO_PROCESSOR = "proof_processors_none"
PROOFS: dict[Proof, Callable[[Facts], Found]] = {
    Proof.MESSAGES_GONE: _gone("messages", "mails", "conversations"),
    Proof.TRACES_GONE: _gone("traces"),
    Proof.LISTINGS_GONE: _gone("listings"),
    Proof.PURGE_REPORTED: _report,
    Proof.NUMBERS_HIDDEN: _numbers,
    Proof.FORM_FIELDS: _fields,
    Proof.DISCLOSURE: _disclosure,
    Proof.NOTICE_KEPT: _notice,
    Proof.NO_COOKIE: _page,
    Proof.NO_OTHER_HOST: _page,
    Proof.SEALED: _sealed,
    Proof.REGION: _region,
    Proof.PROCESSORS: _processors,
    Proof.RIGHTS_DOOR: _rights,
    Proof.RIGHTS_DESK: _desk,
    Proof.ERASED: _erased,
    Proof.STAFF: _staff,
}
