"""Named signals of suspicion, and the time they take (A26)."""

import time
from collections.abc import Callable

import pytest

from relay.scoring import HOLD_ANYWAY, SUSPICIOUS, WEIGHTS, FormEvidence, Score, Signal, score
from relay.texts import best_language
from relay.validation import (
    card_numbers,
    read_email,
    read_line,
    read_message,
    read_name,
    read_phone,
)
from relay.web.origins import client_address

GOOD = FormEvidence(trap="", filled_in_s=30)


def signals(text: str = "Bonjour", form: FormEvidence | None = GOOD, **kw: bool) -> set[Signal]:
    """Return the signals of a contact."""
    flags = {"disposable": False, "canvassing": False} | kw
    return set(score(text, form, **flags).signals)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (signals(), set()),
        (signals(form=None), set()),
        (signals(form=FormEvidence(" x ", 30)), {Signal.TRAP_FILLED}),
        (signals(form=FormEvidence("", None)), {Signal.UNSIGNED_FORM}),
        (signals(form=FormEvidence("", 1.9)), {Signal.FILLED_TOO_FAST}),
        (signals(form=FormEvidence("", 2.0)), set()),
        (signals(disposable=True), {Signal.DISPOSABLE_ADDRESS}),
        (signals(canvassing=True), {Signal.CANVASSING_NUMBER}),
        (signals("voir https://a.example"), {Signal.LINK}),
        (signals("gain-facile.top, vite"), {Signal.LINK}),
        (signals("www.a.fr http://b.fr c.xyz"), {Signal.LINK, Signal.MANY_LINKS}),
        (signals("J’ai vu le top.Modèle 3.5 et l’adresse.com"), set()),
    ],
)
def test_signals(found: set[Signal], wanted: set[Signal]) -> None:
    """Each sign of suspicion is named, and nothing ordinary is one."""
    assert found == wanted


def test_points_are_the_sum() -> None:
    """A score is the sum of its signals; the trap alone asks for a proof, all together hold."""
    assert Score(()).points == 0
    assert not Score(()).is_suspicious
    trap = Score((Signal.TRAP_FILLED,))
    assert SUSPICIOUS <= trap.points < HOLD_ANYWAY
    assert Score(tuple(Signal)).points == sum(WEIGHTS.values()) >= HOLD_ANYWAY


def quietly(reader: Callable[[str], object]) -> Callable[[str], None]:
    """Return *reader* without its refusals."""

    def read(text: str) -> None:
        try:
            reader(text)
        except Exception:  # noqa: BLE001 (only the time counts)
            return

    return read


READERS: dict[str, Callable[[str], object]] = {
    "score": lambda text: score(text, GOOD, disposable=False, canvassing=False),
    "card_numbers": card_numbers,
    "read_message": lambda text: read_message(text, limit=40_000),
    "read_name": lambda text: read_name(text, limit=40_000),
    "read_line": lambda text: read_line(text, field="title", limit=40_000),
    "read_email": read_email,
    "read_phone": read_phone,
    "best_language": best_language,
    "client_address": lambda text: client_address("127.0.0.1", 1, [text], []),
}
PUMPS = ("a-", "a", "-", "w.", "http", "www.", "4 ", "41 ", "4.4-", "FR76 ", "A1", "@", ".", ",")
PUMPS += ("\u200d", "e\u0301", " ", "\n\t ", "=?", "://", "\u0967", "(", "+3", ";q=0.", "x.to")


@pytest.mark.parametrize("name", READERS)
def test_a26_time_grows_with_the_text_only(name: str) -> None:
    """A26: twice the text takes at most 2.5 times the time, and 10,000 signs at most 50 ms."""
    read = quietly(READERS[name])
    for pump in PUMPS:
        once, twice = pump * (10_000 // len(pump)), pump * (20_000 // len(pump))
        slow_s = _quickest_s(read, once)
        assert slow_s < 0.05, (pump, slow_s)
        if slow_s > 0.002:  # below, the clock says nothing
            tries = (_quickest_s(read, twice) / _quickest_s(read, once) for _ in range(8))
            assert any(ratio < 2.5 for ratio in tries), pump  # a busy machine fails some


def _quickest_s(read: Callable[[str], None], text: str) -> float:
    times = []
    for _ in range(3):
        started = time.thread_time()
        read(text)
        times.append(time.thread_time() - started)
    return min(times)
