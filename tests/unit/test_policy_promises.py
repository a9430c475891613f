"""The five policies: every promise row answered, and every proof able to fail."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from relay.policy import Need, Outcome, Policy, Proof, read_policy
from relay.promises import (
    PROOFS,
    Age,
    Facts,
    Report,
    Requests,
    Sample,
    Seen,
    Verdict,
    judge,
)
from relay.register import CLASSES, columns, controller_register, processor_register
from relay.texts import keys

POLICIES = Path("policies")
NOW = datetime(2027, 12, 1, tzinfo=UTC)
SISTER = (1, 2, 9, 11, 13, 14, 16, 17, 18, *range(20, 31), *range(32, 35), *range(36, 41), 42, 43)
# The rows of the table of promises in which a site's column is not silent.
ROWS = {
    "1000-annonces": {*range(1, 20), 22, 25, 26, 36, 38, 42, 43},
    "zone-visio": {*SISTER, 50, 51},
    "minutewebcam": {*SISTER, 50, 51},
    "rgpd": {
        *(1, 13, 14, 15, 16, 17, 20, 22, 24, 25, 26, 28, 29, 30, 31, 32),
        *(35, 36, 41, 42, 43, 49, 52),
    },
    "service-client": {1, 14, 15, 16, 17, 22, 23, 25, 32, 34, 36, *range(44, 50)},
}


def policy(name: str) -> Policy:
    """Read a policy of the house."""
    return read_policy((POLICIES / f"{name}.toml").read_text("utf-8"))


def facts(of: Policy) -> Facts:
    """What is seen of a relay that keeps everything."""
    return Facts(
        policy=of,
        now=NOW,
        overdue=frozenset(),
        ages=dict.fromkeys(CLASSES, Age(12, 365)),
        report=Report(NOW - timedelta(hours=3), is_genuine=True),
        sample=Sample(messages=1000, phoneless=0, versionless=0, readable=0),
        versions=2,
        page=Seen("https://relais.example/privacy/x", is_read=True),
    )


@pytest.mark.parametrize("name", ROWS)
def test_every_promise_is_answered(name: str) -> None:
    """Each row a site's policy speaks of is executed with a proof, or refused with a reason."""
    promises = policy(name).promises
    assert {promise.row for promise in promises} == ROWS[name]
    for promise in promises:
        if promise.outcome is Outcome.EXECUTED:
            assert promise.proof in PROOFS
        else:
            assert promise.why


@pytest.mark.parametrize("name", ["zone-visio", "minutewebcam"])
def test_sisters_share_a_template(name: str) -> None:
    """The sister sites are the template filled with name and host, and nothing else."""
    template = (POLICIES / "sister-site.toml.template").read_text("utf-8")
    filled = template.replace("{name}", name).replace("{host}", f"{name}.example")
    assert (POLICIES / f"{name}.toml").read_text("utf-8") == filled


def test_the_phone_is_required_where_promised() -> None:
    """1000-annonces requires the phone; the sister sites do not."""
    assert policy("1000-annonces").form.phone is Need.REQUIRED
    assert policy("zone-visio").form.phone is Need.OPTIONAL


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", ROWS)
def test_a_relay_that_keeps_everything_breaks_nothing(name: str, language: str) -> None:
    """With every fact as promised no promise is broken, and each has its sentence."""
    judged = judge(facts(policy(name)), language)
    assert len(judged) == len(ROWS[name])
    assert {one.verdict for one in judged} <= {Verdict.KEPT, Verdict.UNPROVEN, Verdict.REFUSED}
    assert all(one.proof for one in judged)


RIGHT = facts(policy("1000-annonces"))
WRONG = {
    Proof.MESSAGES_GONE: replace(RIGHT, overdue=frozenset({"messages"})),
    Proof.TRACES_GONE: replace(RIGHT, overdue=frozenset({"traces"})),
    Proof.LISTINGS_GONE: replace(RIGHT, overdue=frozenset({"listings"})),
    Proof.PURGE_REPORTED: replace(RIGHT, report=Report(NOW, is_genuine=False)),
    Proof.FORM_FIELDS: replace(RIGHT, sample=Sample(9, 1, 0, 0)),
    Proof.NOTICE_KEPT: replace(RIGHT, sample=Sample(9, 0, 1, 0)),
    Proof.SEALED: replace(RIGHT, sample=Sample(9, 0, 0, 1)),
    Proof.NO_COOKIE: replace(RIGHT, page=Seen("x", is_read=True, cookies=1)),
    Proof.NO_OTHER_HOST: replace(RIGHT, page=Seen("x", is_read=True, hosts=("t.example",))),
    Proof.PROCESSORS: RIGHT,
    Proof.RIGHTS_DESK: replace(RIGHT, requests=Requests(waiting=3, late=1)),
    Proof.ERASED: replace(RIGHT, requests=Requests(erased=2, readable=1)),
}


@pytest.mark.parametrize("proof", WRONG)
def test_a_broken_promise_is_seen(proof: Proof) -> None:
    """Each proof that looks at something fails when that is not as promised."""
    verdict, key, _ = PROOFS[proof](WRONG[proof])
    assert verdict is Verdict.BROKEN
    assert f"privacy.{key}" in keys("fr") & keys("en")


@pytest.mark.parametrize("report", [None, Report(NOW - timedelta(days=3), is_genuine=True)])
def test_an_old_purge_is_a_broken_promise(report: Report | None) -> None:
    """Without a purge since yesterday the promise of deletion is not proved: it is broken."""
    assert PROOFS[Proof.PURGE_REPORTED](replace(RIGHT, report=report))[0] is Verdict.BROKEN


def test_a_provider_abroad_breaks_the_region() -> None:
    """A provider outside the promised country breaks the promise of servers in France."""
    abroad = policy("rgpd")
    moved = abroad.processors[0].model_copy(update={"country": "US"})
    changed = abroad.model_copy(update={"processors": (moved,)})
    assert PROOFS[Proof.REGION](facts(abroad))[0] is Verdict.KEPT
    assert PROOFS[Proof.REGION](facts(changed))[0] is Verdict.BROKEN


def test_a_page_that_does_not_answer_proves_nothing() -> None:
    """A page that could not be read is neither kept nor broken."""
    unseen = replace(RIGHT, page=Seen("x", is_read=False))
    assert PROOFS[Proof.NO_COOKIE](unseen)[0] is Verdict.UNPROVEN


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", ROWS)
def test_the_register_is_complete(name: str, language: str) -> None:
    """The controller's register has every class with every column filled (GDPR 30(1))."""
    entries = controller_register(policy(name), language)
    assert len(entries) == len(CLASSES)
    for entry in entries:
        assert all(getattr(entry, column) for column in columns(language))


def test_the_processor_keeps_a_register_too() -> None:
    """The operator of several sites has one entry per controller (GDPR 30(2))."""
    entries = processor_register([policy(name) for name in ROWS], "fr")
    assert len({entry.activity for entry in entries}) == len(ROWS)


def test_the_register_tells_transfers() -> None:
    """A provider outside the Union is named as a transfer."""
    abroad = policy("rgpd")
    moved = abroad.processors[0].model_copy(update={"country": "US", "name": "Elsewhere"})
    entry = controller_register(abroad.model_copy(update={"processors": (moved,)}), "en")[0]
    assert entry.transfers == "Elsewhere"
