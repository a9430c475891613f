"""A number sent in parts: what one message leaves behind, and what the next one loses by it."""

import json
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from relay.masking import Fragments, MaskPolicy, mask_by

NUMBER = "+33639981207"
HIDDEN = MaskPolicy(frozenset({NUMBER}))
EVERYTHING = MaskPolicy(everything=True)
DATA = Path(__file__).parents[1] / "data" / "masking"
WRITTEN = ("06 39 98 12 07", "0639981207", "+33 6 39 98 12 07", "06-39-98-12-07", "06 3998 1207")
FRAMES = (("{}", "{}"), ("mon numéro {}", "la suite {}"), ("voici le début : {}", "puis {} voilà"))
_TWO_FIVES = (True, True, 5)


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


@given(
    st.sampled_from(WRITTEN), st.integers(1, 16), st.sampled_from(FRAMES),
    st.sampled_from([HIDDEN, EVERYTHING]),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_a_number_cut_anywhere_is_caught(
    written: str, at: int, frame: tuple[str, str], policy: MaskPolicy
) -> None:
    """Wherever a number is cut in two messages, the second one shows no digit of it any more.

    But for two groups of five, which are postcodes unless the number is known.
    """
    first, second = written[:at], written[at:]
    assume(_digits(first) and _digits(second))
    assume(policy is HIDDEN or (first[-5:].isdigit(), second.isdigit(), len(second)) != _TWO_FIVES)
    sent = mask_by(frame[0].format(first), policy, Fragments())
    kept = Fragments.from_json(sent.memory.to_json())
    answer = mask_by(frame[1].format(second), policy, kept)
    assert _digits(answer.text) == ""
    assert sent.hits or [hit.rule for hit in answer.hits] == ["split"]


@pytest.mark.parametrize("cut", range(1, 8))
def test_number_words_go_on_in_the_next_message(cut: int) -> None:
    """A number said in words is caught when the cut falls between two of them."""
    words = "zéro six trente-neuf nonante-huit douze zéro sept".split(" ")
    first, second = " ".join(words[:cut]), " ".join(words[cut:])
    memory = mask_by(first, HIDDEN, Fragments()).memory
    assert not second or mask_by(second, HIDDEN, memory).text == "[numéro masqué]"


def test_words_before_the_end_of_a_number_stay() -> None:
    """What is masked begins with the first digit of the second message."""
    memory = mask_by("mon numéro commence par 06 39", EVERYTHING, Fragments()).memory
    masked = mask_by("Bonsoir, et la suite c'est 98 12 07, merci", EVERYTHING, memory)
    assert masked.text == "Bonsoir, et la suite c'est [numéro masqué], merci"


def test_memory_is_empty_once_a_number_was_caught() -> None:
    """After a catch nothing is left of the number for a third message."""
    memory = mask_by("06 39 98", HIDDEN, Fragments()).memory
    assert mask_by("12 07", HIDDEN, memory).memory == Fragments()


def test_line_numbers_are_not_kept_after_a_wall_of_figures() -> None:
    """The figures that number the lines of a list are no groups, however many figures precede."""
    text = f"{'9' * 12_001} et six, voici : 1) 06\n2) 39\n3) 98"
    assert mask_by(text, HIDDEN, Fragments()).memory.groups[-4:] == ("six", "06", "39", "98")


def test_each_side_has_its_own_memory() -> None:
    """Groups of one side say nothing of the other: two halves from two people are no number."""
    buyer = mask_by("il me reste 06 39 98", HIDDEN, Fragments()).memory
    advertiser = Fragments()
    assert mask_by("12 07", HIDDEN, advertiser).hits == ()
    assert mask_by("12 07", HIDDEN, buyer).hits != ()


def test_ordinary_pairs_of_messages_are_not_touched() -> None:
    """Of messages full of figures that follow one another, hardly any is masked as a part."""
    with (DATA / "phones_dev.jsonl").open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    texts = [r["text"] for r in records if r["class"] == "negative"]
    touched = {"hidden": 0, "everything": 0}
    for name, policy in (("hidden", HIDDEN), ("everything", EVERYTHING)):
        for first, second in zip(texts, texts[7:], strict=False):
            memory = mask_by(first, policy, Fragments()).memory
            touched[name] += bool(mask_by(second, policy, memory).hits)
    print(f"\npairs touched: {touched} of {len(texts) - 7}")
    assert touched["hidden"] == 0
    assert touched["everything"] <= 0.005 * len(texts)


@given(st.lists(st.text(max_size=60), max_size=6))
@settings(max_examples=100, deadline=None)
def test_memory_stays_small_and_survives_its_json(texts: list[str]) -> None:
    """Whatever is written, the kept value is short and reads back as it was."""
    memory = Fragments()
    for text in (*texts, "zéro six trente-neuf 12 34 5678 cinquante soixante " * 5):
        memory = mask_by(text, HIDDEN, memory).memory
        assert len(memory.to_json()) <= 340
        assert Fragments.from_json(memory.to_json()) == memory


@pytest.mark.parametrize("text", ["[]", '[2,"06"]', "{}", "[1,6]", '[1,"06<b>"]', "null"])
def test_what_another_version_wrote_is_no_memory(text: str) -> None:
    """A value that this version did not write counts as none."""
    assert Fragments.from_json(text) == Fragments()
