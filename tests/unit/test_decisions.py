"""The state machine of delivery: every outcome is an end or has a time, doubts are capped."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.mail.outcomes import Outcome, Phase, Verdict
from relay.mail.reasons import Reason
from workers import decisions
from workers.decisions import AMBIGUOUS_MOST, CRASHES_MOST, HOLD_S, Claim, MailOutcome, Sent

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HASH = b"0123456789abcdef"
CLAIM = Claim(
    site_id=UUID(int=1),
    mail_id=UUID(int=2),
    message_id=UUID(int=2),
    kind="contact",
    token=7,
    tries=1,
    crashes=0,
    ambiguous=0,
    accepted_at=NOW - timedelta(seconds=1),
    claimed_at=NOW,
    expires_at=NOW + timedelta(days=5),
    delay_told=False,
    cut_phase=None,
)
ENDS = {"delivered", "bounced", "expired", "unconfirmed"}
WAITS = {"deferred", "held"}

claims = st.builds(
    Claim,
    site_id=st.uuids(),
    mail_id=st.uuids(),
    message_id=st.uuids(),
    kind=st.sampled_from(["contact", "receipt", "notice"]),
    token=st.integers(1, 2**62),
    tries=st.integers(1, 5_000),
    crashes=st.integers(0, CRASHES_MOST + 1),
    ambiguous=st.integers(0, AMBIGUOUS_MOST - 1),
    accepted_at=st.timedeltas(timedelta(0), timedelta(days=6)).map(lambda age: NOW - age),
    claimed_at=st.just(NOW),
    expires_at=st.timedeltas(timedelta(days=-5), timedelta(days=5)).map(lambda left: NOW + left),
    delay_told=st.booleans(),
    cut_phase=st.sampled_from([None, "claimed", "data"]),
)
sents = st.builds(
    Sent,
    outcome=st.builds(
        Outcome,
        verdict=st.sampled_from([one for one in Verdict if one is not Verdict.ROUTE_PAUSED]),
        reason=st.sampled_from(list(Reason)).map(str),
        suppress=st.booleans(),
        code=st.none() | st.integers(200, 599),
        enhanced=st.none() | st.just("5.1.1"),
    ),
    phase=st.sampled_from(Phase),
    tls=st.sampled_from(["", "none", "TLSv1.3"]),
    ambiguous=st.booleans(),
)
jitters = st.floats(0, 1, exclude_max=True)


def _settled(claim: Claim, sent: Sent, jitter: float) -> list[MailOutcome]:
    """Every way a claim may end."""
    early = decisions.before_sending(claim, jitter)
    return [
        *([early] if early else []),
        decisions.after_crash(claim, jitter),
        decisions.hold(claim, "egress"),
        decisions.bounce(claim, "suppressed"),
        decisions.give_back(claim, "rate_limited", 30.0),
        decisions.not_read(claim, jitter),
        decisions.after_sending(claim, sent, HASH, jitter),
    ]


@given(claims, sents, jitters)
def test_every_outcome_is_an_end_or_has_a_wait(claim: Claim, sent: Sent, jitter: float) -> None:
    """A mail is never left without either an end state or a time to look at it again."""
    for outcome in _settled(claim, sent, jitter):
        assert (outcome.state in ENDS) == (outcome.wait_s is None)
        assert outcome.state in ENDS | WAITS
        assert outcome.wait_s is None or outcome.wait_s >= 0
        assert outcome[:3] == (claim.site_id, claim.mail_id, claim.token)


@given(claims, sents, jitters)
def test_only_contacts_have_notices(claim: Claim, sent: Sent, jitter: float) -> None:
    """Nobody is told about a receipt or a notice: notices of notices would never end."""
    for outcome in _settled(claim, sent, jitter):
        assert outcome.notice is None or claim.kind == "contact"


@given(claims, sents, jitters)
def test_every_end_but_delivery_is_told(claim: Claim, sent: Sent, jitter: float) -> None:
    """The sender of a contact is told of every end that is no delivery, with its reason."""
    for outcome in _settled(claim, sent, jitter):
        if outcome.state in ENDS - {"delivered"} and claim.kind == "contact":
            assert outcome.notice == f"{outcome.state}:{outcome.reason}"


@given(claims, st.lists(st.tuples(sents, jitters), min_size=1, max_size=20))
def test_doubts_are_never_more_than_two(claim: Claim, story: list[tuple[Sent, float]]) -> None:
    """F33: whatever servers do, a mail ends after its second ambiguous attempt."""
    doubts = 0
    claim = replace(claim, ambiguous=0, cut_phase=None)
    for sent, jitter in story:
        outcome = decisions.after_sending(claim, sent, HASH, jitter)
        doubts += outcome.ambiguous
        assert outcome.ambiguous == sent.ambiguous
        if outcome.wait_s is None:
            break
        claim = replace(claim, ambiguous=doubts, tries=claim.tries + 1)
    assert doubts <= AMBIGUOUS_MOST
    if doubts == AMBIGUOUS_MOST:
        assert outcome.state == "unconfirmed"


@given(claims, sents, jitters)
def test_an_address_is_suppressed_only_when_the_answer_says_so(
    claim: Claim, sent: Sent, jitter: float
) -> None:
    """F31: no failure of the line and no crash writes an address off."""
    for outcome in _settled(claim, sent, jitter)[:-1]:
        assert outcome.suppress_hash is None
    last = decisions.after_sending(claim, sent, HASH, jitter)
    assert (last.suppress_hash == HASH) == (sent.outcome.suppress and not sent.ambiguous)


@pytest.mark.parametrize(
    ("changes", "state", "reason"),
    [
        ({}, None, None),
        ({"cut_phase": "claimed"}, None, None),
        ({"cut_phase": "data"}, "deferred", "ambiguous"),
        ({"cut_phase": "data", "ambiguous": 1}, "unconfirmed", "ambiguous"),
        ({"cut_phase": "data", "expires_at": NOW}, "deferred", "ambiguous"),
        ({"crashes": CRASHES_MOST - 1}, None, None),
        ({"crashes": CRASHES_MOST}, "held", "rendering"),
        ({"expires_at": NOW}, "expired", "expired"),
        ({"expires_at": NOW + timedelta(microseconds=1)}, None, None),
    ],
)
def test_before_sending(changes: dict, state: str | None, reason: str | None) -> None:
    """F18, F20, F24, F36: what is over, in doubt or deadly is settled without a connection."""
    outcome = decisions.before_sending(replace(CLAIM, **changes), 0.5)
    assert (outcome and outcome.state, outcome and outcome.reason) == (state, reason)


@pytest.mark.parametrize(("crashes", "state"), [(0, "deferred"), (3, "deferred"), (4, "held")])
def test_a_rendering_that_raises(crashes: int, state: str) -> None:
    """F20: a mail whose making raises is tried five times, then held for thirty days."""
    outcome = decisions.after_crash(replace(CLAIM, crashes=crashes), 0.5)
    assert (outcome.state, outcome.crashed) == (state, True)
    assert (outcome.wait_s == HOLD_S) == (state == "held")


@pytest.mark.parametrize(
    ("age_h", "changes", "notice"),
    [
        (3.9, {}, None),
        (4, {}, "delayed:greylisted"),
        (90, {}, "delayed:greylisted"),
        (4, {"delay_told": True}, None),
        (4, {"kind": "receipt"}, None),
    ],
)
def test_a_delay_is_told_once_after_four_hours(
    age_h: float, changes: dict, notice: str | None
) -> None:
    """F24: the sender of a contact is told once that it is late, from four hours on."""
    claim = replace(CLAIM, accepted_at=NOW - timedelta(hours=age_h), **changes)
    answer = Outcome(Verdict.DEFERRED, "greylisted", suppress=False, code=450, enhanced="4.2.0")
    outcome = decisions.after_sending(claim, Sent(answer, Phase.RCPT, "none"), HASH, 0.5)
    assert outcome.notice == notice


def test_a_paused_route_costs_no_try() -> None:
    """F28, F29: a claim given back waits as long as the route and does not count as an attempt."""
    outcome = decisions.give_back(CLAIM, "rate_limited", 12.5)
    assert (outcome.state, outcome.wait_s, outcome.untried, outcome.notice) == (
        "deferred",
        12.5,
        True,
        None,
    )


@given(claims, jitters)
def test_what_was_not_read_is_tried_again_soon(claim: Claim, jitter: float) -> None:
    """F55: it counts neither as a try nor as a crash, and is tried again before as long again."""
    outcome = decisions.not_read(claim, jitter)
    assert (outcome.state, outcome.untried, outcome.crashed) == ("deferred", True, False)
    age_s = (claim.claimed_at - claim.accepted_at).total_seconds()
    assert outcome.wait_s is not None
    assert 0.5 <= outcome.wait_s <= max(1.5, min(age_s, 90))


@given(st.integers(1, 100), jitters)
def test_waits_grow_from_a_minute_to_four_hours(tries: int, jitter: float) -> None:
    """F24, F30: the wait after a refusal is within a minute and four hours, never shorter later."""
    answer = Outcome(Verdict.DEFERRED, "greylisted", suppress=False, code=450, enhanced=None)
    sent = Sent(answer, Phase.RCPT, "none")
    now, later = (
        decisions.after_sending(replace(CLAIM, tries=count), sent, HASH, jitter).wait_s
        for count in (tries, tries + 1)
    )
    assert now is not None
    assert later is not None
    assert 60 <= now <= later <= 14_400
