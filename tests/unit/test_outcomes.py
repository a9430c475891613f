"""What SMTP answers mean: verdict, reason, suppression, waiting time."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay import texts
from relay.mail.outcomes import Outcome, Phase, Verdict, backoff_s, judge
from relay.mail.reasons import Reason

REPLIES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "smtp_replies.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]


@pytest.mark.parametrize(
    "reply",
    REPLIES,
    ids=[f"{r['provider']}-{r['phase']}-{r['code']}-{i}" for i, r in enumerate(REPLIES)],
)
def test_real_reply_is_judged_as_a_postmaster_would(reply):
    """F28-F31, F35, R7: each known reply has the verdict and reason written beside it."""
    outcome = judge(Phase(reply["phase"]), reply["code"], reply["text"])
    expected = (Verdict(reply["verdict"]), reply["reason"], reply["suppress"])
    assert (outcome.verdict, outcome.reason, outcome.suppress) == expected


def test_table_is_large_enough():
    """F31: at least 60 replies are judged, French providers among them."""
    french = {"orange", "laposte", "free", "sfr", "ovh", "bouygues", "gandi"}
    assert len(REPLIES) >= 60
    assert french <= {reply["provider"] for reply in REPLIES}


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("reason", list(Reason))
def test_reason_has_a_sentence(language, reason):
    """Every reason can be told to the buyer and the moderator, in both languages."""
    assert texts.say(language, f"replies.{reason}").endswith(".")


@given(st.sampled_from(list(Phase)), st.integers(200, 599), st.text(max_size=300))
def test_any_reply_is_judged(phase, code, text):
    """No reply, however odd, raises; only 2xx after the final dot counts as delivered."""
    outcome = judge(phase, code, text)
    assert isinstance(outcome, Outcome)
    assert (outcome.verdict is Verdict.DELIVERED) == (phase is Phase.DOT and code < 300)


@given(st.sampled_from(list(Phase)), st.integers(400, 499), st.text(max_size=300))
def test_temporary_reply_writes_nobody_off(phase, code, text):
    """RFC 5321 4.2.1: a 4xx never bounces, never holds and never suppresses."""
    outcome = judge(phase, code, text)
    assert outcome.verdict in (Verdict.DEFERRED, Verdict.ROUTE_PAUSED)
    assert not outcome.suppress


@given(st.integers(400, 599), st.text(max_size=300))
def test_login_trouble_pauses_the_route(code, text):
    """F28: whatever AUTH answers, no message pays for it."""
    assert judge(Phase.AUTH, code, text).verdict is Verdict.ROUTE_PAUSED


@given(st.integers(553, 599), st.sampled_from([r["text"] for r in REPLIES]))
def test_refused_sender_never_bounces(code, text):
    """F29: a 5xx to MAIL is our trouble and kills no recipient's address."""
    outcome = judge(Phase.MAIL, code, text)
    assert not outcome.suppress
    assert outcome.verdict is not Verdict.BOUNCED or outcome.reason == Reason.MESSAGE_TOO_LARGE


@given(st.sampled_from(list(Phase)), st.integers(500, 599), st.sampled_from(REPLIES))
def test_suppression_needs_a_dead_address(phase, code, reply):
    """F31: an address is suppressed by a bounce with 5.1.x, or by words without any code."""
    outcome = judge(phase, code, reply["text"])
    allowed = outcome.verdict is Verdict.BOUNCED and (outcome.enhanced or "5.1.").startswith("5.1.")
    assert allowed or not outcome.suppress


def test_address_literal_is_no_status_code():
    """RFC 3463: the first figures of an IP address are not read as an enhanced code."""
    assert judge(Phase.RCPT, 550, "blocked 5.1.1.9").enhanced is None


@given(st.floats(0, 1, exclude_max=True))
def test_first_wait_lets_a_greylist_pass(jitter):
    """F30: the first wait is one to five minutes."""
    assert 60 <= backoff_s(1, jitter) <= 300


@given(st.integers(-3, 10_000), st.floats(0, 1, exclude_max=True))
def test_wait_stays_within_bounds(tries, jitter):
    """F24: every wait lies between one minute and four hours, 20 % around the doubling."""
    doubled = min(60 * 2 ** min(max(tries, 1) - 1, 20), 14_400)
    assert max(60, doubled * 0.8 - 1) <= backoff_s(tries, jitter) <= min(14_400, doubled * 1.2 + 1)
