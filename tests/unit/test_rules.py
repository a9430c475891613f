"""The first rule set: each pattern is seen, ordinary messages pass, and every part is explained."""

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.rules import RULES, Facts, judge, read
from relay.texts import LANGUAGES, has

DATA = Path(__file__).parent.parent / "data" / "rules"
LIVE = frozenset(rule.name for rule in RULES)
SIDES = {"a": "advertiser", "b": "buyer"}
FRAUDS = [
    (case["rule"], text, Facts(side=case.get("side", "buyer"), **case.get("facts", {})))
    for case in tomllib.loads((DATA / "frauds.toml").read_text("utf-8"))["case"]
    for text in case["texts"]
]
ORDINARY = [
    (text, Facts(side=SIDES[side], is_first=side == "b"))
    for line in (DATA / "ordinary.txt").read_text("utf-8").splitlines()
    for side, _, text in [line.partition("|")]
]


@pytest.mark.parametrize(("rule", "text", "facts"), FRAUDS, ids=[case[1][:40] for case in FRAUDS])
def test_a_fraud_is_seen(rule: str, text: str, facts: Facts) -> None:
    """Each text in the manner of a fraud has the part of its rule, with what was seen."""
    parts = {part.rule: part.seen for part in judge(read(text), facts, LIVE).parts}
    assert parts.get(rule)


def test_every_rule_has_several_texts() -> None:
    """No rule stands without four texts of its own."""
    counts = {rule.name: sum(1 for case in FRAUDS if case[0] == rule.name) for rule in RULES}
    assert len(counts) == 22
    assert min(counts.values()) >= 4


def test_ordinary_messages_are_not_held() -> None:
    """Of 300 ordinary messages and more, none is held, with every rule live."""
    held = [text for text, facts in ORDINARY if judge(read(text), facts, LIVE).holds()]
    assert len(ORDINARY) >= 300
    assert held == []


def test_few_ordinary_messages_have_a_part() -> None:
    """Of ordinary messages at most two in a hundred have any part at all."""
    touched = [text for text, facts in ORDINARY if judge(read(text), facts, LIVE).parts]
    assert len(touched) <= 0.02 * len(ORDINARY)


def test_the_printed_figures_are_true() -> None:
    """What docs/console.md prints of the rules is what they do."""
    printed = Path("docs/console.md").read_text("utf-8")
    touched = sum(1 for text, facts in ORDINARY if judge(read(text), facts, LIVE).parts)
    held = sum(1 for _, text, facts in FRAUDS if judge(read(text), facts, LIVE).holds())
    assert f"held | 0 of {len(ORDINARY)} " in printed
    assert f"saw anything | {touched} of {len(ORDINARY)} |" in printed
    assert f"words alone | {held} of {len(FRAUDS)};" in printed


def test_no_rule_but_the_certain_ones_holds_alone() -> None:
    """Only five patterns hold a message by themselves; the others need company."""
    alone = [rule.name[:3] for rule in RULES if rule.points >= 8]
    assert alone == ["r01", "r06", "r07", "r08", "r22"]


def test_a_rule_in_shadow_counts_nothing() -> None:
    """What a rule in shadow sees is shown, adds no point and holds nothing."""
    reading = read("Je vous règle par mandat cash, cela vous convient ?")
    verdict = judge(reading, Facts(), frozenset())
    assert [part.is_shadow for part in verdict.parts] == [True]
    assert (verdict.points, verdict.holds()) == (0, False)
    assert verdict.holds(with_shadow=True)


def test_a_rule_that_is_off_is_not_asked() -> None:
    """A rule that was switched off has no part, not even in shadow."""
    reading = read("Je vous règle par mandat cash, cela vous convient ?")
    assert judge(reading, Facts(), frozenset(), {"r07_mandate"}).parts == ()


def test_an_earlier_score_holds_only_with_a_rule() -> None:
    """What a message's score was before counts with what rules see, and holds nothing alone."""
    seen = judge(read("Contactez moi sur WhatsApp"), Facts(), LIVE)
    assert (seen.holds(5), seen.holds(6)) == (False, True)
    assert not judge(read("Bonjour, est-il disponible ?"), Facts(), LIVE).holds(9)


def test_the_score_is_the_sum_of_its_parts() -> None:
    """Two patterns in one message are two explained parts."""
    text = "Contactez moi sur WhatsApp, je règle par mandat cash"
    verdict = judge(read(text), Facts(), LIVE)
    assert [(part.rule, part.points) for part in verdict.parts] == [
        ("r07_mandate", 8),
        ("r04_other_channel", 2),
    ]
    assert verdict.points == 10


@pytest.mark.parametrize(
    "text",
    [
        "Bonjour, pas de mandat cash ni de Western Union, espèces uniquement, merci.",
        "Non merci, je ne passe pas par WhatsApp, on reste ici.",
        "Le paiement se fait sur https://www.leboncoin.fr/messages, je préfère le recevoir là.",
    ],
)
def test_who_refuses_a_trick_does_not_play_it(text: str) -> None:
    """Naming a trick to refuse it, or a brand's own site, is no pattern."""
    assert judge(read(text), Facts(side="advertiser"), LIVE).parts == ()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_every_rule_is_explained(rule: str, language: str) -> None:
    """Each rule has a name and a reason in every language."""
    assert has(language, f"rules.{rule}")
    assert has(language, f"rules.{rule}_why")


@given(st.text(max_size=500), st.sampled_from(["buyer", "advertiser"]))
def test_any_text_is_judged(text: str, side: str) -> None:
    """No text makes a rule fail."""
    judge(read(text), Facts(side=side), LIVE)


@pytest.mark.parametrize(
    "piece",
    ["a", " ", "donne ", "envoyez votre ", "06 ", "http://", "cheque rembourser ", "je suis ",
     "zero six ", "whats", "a.b.", "visite ", "appel ", "photos ", "a-"],
)  # fmt: skip
def test_time_grows_with_the_text_only(piece: str) -> None:
    """A26: a text twice as long takes no more than about twice the time, whatever it repeats."""

    def seconds(signs: int) -> float:
        text = (piece * signs)[:signs]
        taken = []
        for _ in range(7):
            began = time.process_time()  # what others do on this machine meanwhile is not counted
            judge(read(text), Facts(), LIVE)
            taken.append(time.process_time() - began)
        return min(taken)

    assert seconds(4000) < 4 * seconds(2000) + 0.02
