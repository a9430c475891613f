"""The figures the masker must reach on its corpora, printed as a table."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from relay.masking import find_number, find_numbers

DATA = Path(__file__).parents[1] / "data" / "masking"
READABLE = 4  # digits left readable from which a number counts as given away
Spans = list[tuple[int, int, str]]


@dataclass
class Score:
    """What a corpus run counts."""

    caught: Counter[str] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)
    negatives: int = 0
    false: int = 0
    spurious: int = 0
    inside: int = 0
    outside: int = 0
    texts_per_s: float = 0.0

    def recall(self, name: str = "") -> float:
        """Return the share of numbers caught, of one class or of all."""
        if name:
            return self.caught[name] / self.numbers[name]
        return self.caught.total() / self.numbers.total()

    @property
    def false_rate(self) -> float:
        """Share of the negatives with anything masked."""
        return self.false / self.negatives

    @property
    def over_mask(self) -> float:
        """Share of the masked letters and digits that belong to no number."""
        return self.outside / (self.inside + self.outside)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        caught = self.caught.total()
        precision = caught / (caught + self.spurious)
        return 2 * precision * self.recall() / (precision + self.recall())


def _records(name: str) -> list[dict]:
    with (DATA / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _cases(records: list[dict], mode: str) -> list[tuple]:
    cases = []
    for record in records:
        if mode == "any":
            if record.get("any", True):
                pieces = list(zip(record["spans"], record["digits"], strict=True))
                cases.append((record["text"], record["region"], record["class"], pieces))
            continue
        for query in record["known"]:
            wanted = [span[:2] for span in query["spans"]]
            pieces = [
                (span, digits)
                for span, digits in zip(record["spans"], record["digits"], strict=True)
                if span[:2] in wanted
            ]
            cases.append((record["text"], query["e164"], record["class"], pieces))
    return cases


def _run(name: str, mode: str) -> Score:
    find: Callable[[str, str], Spans] = find_numbers if mode == "any" else find_number
    score, spent = Score(), 0.0
    cases = _cases(_records(name), mode)
    for text, argument, _, _ in cases[:20]:
        find(text, argument)
    for text, argument, kind, pieces in cases:
        before = time.process_time()
        found = find(text, argument)
        spent += time.process_time() - before
        _count(score, text, kind, pieces, found)
    score.texts_per_s = len(cases) / spent
    return score


def _count(score: Score, text: str, kind: str, pieces: list, found: Spans) -> None:
    hidden = {k for start, end, _ in found for k in range(start, end)}
    gold = {k for span, _ in pieces for k in range(span[0], span[1])}
    if not pieces:
        score.negatives += 1
        score.false += bool(hidden)
    for _, digits in pieces:
        left = sum(
            len(value)
            for start, end, value in digits
            if not all(k in hidden for k in range(start, end) if text[k].isalnum())
        )
        score.numbers[kind] += 1
        score.caught[kind] += left < READABLE
    score.spurious += any(
        gold.isdisjoint(range(start, end)) and any(c.isalnum() for c in text[start:end])
        for start, end, _ in found
    )
    masked = [k for k in hidden if text[k].isalnum()]
    score.inside += sum(k in gold for k in masked)
    score.outside += sum(k not in gold for k in masked)


def _print(title: str, score: Score) -> None:
    classes = "  ".join(f"{name} {100 * score.recall(name):.1f}" for name in sorted(score.numbers))
    print(
        f"\n{title}: recall {100 * score.recall():.2f} % ({classes})"
        f"  false positives {100 * score.false_rate:.2f} %  F1 {score.f1:.4f}"
        f"  over-mask {100 * score.over_mask:.2f} %  {score.texts_per_s:.0f} texts/s"
    )


LEAST = {
    ("phones_dev.jsonl", "any"): {
        "plain": 1.0, "obf1": 0.99, "obf2": 0.97, "obf3": 0.92, "all": 0.97, "f1": 0.97,
        "false": 0.015, "over": 0.03,
    },
    ("phones_dev.jsonl", "known"): {"all": 0.97, "false": 0.001},
    ("extra.jsonl", "any"): {"plain": 1.0, "all": 0.90, "false": 0.03},
    ("extra.jsonl", "known"): {"plain": 1.0, "all": 0.90, "false": 0.003},
    ("blind.jsonl", "any"): {"plain": 1.0, "all": 0.92, "false": 0.03},
    ("blind_second.jsonl", "any"): {"plain": 1.0, "all": 0.98, "false": 0.01},
    ("blind_second.jsonl", "known"): {"plain": 1.0, "all": 0.97, "false": 0.003},
    ("blind_third.jsonl", "any"): {"plain": 1.0, "all": 0.98, "false": 0.01},
    ("blind_third.jsonl", "known"): {"plain": 1.0, "all": 0.97, "false": 0.003},
    ("blind_fourth.jsonl", "any"): {"plain": 1.0, "obf1": 1.0, "all": 0.96, "false": 0.01},
    ("blind_fourth.jsonl", "known"): {"plain": 1.0, "all": 0.94, "false": 0.003},
    ("blind_fifth.jsonl", "any"): {"plain": 1.0, "all": 0.97, "false": 0.02},
    ("blind_fifth.jsonl", "known"): {"plain": 1.0, "all": 0.98, "false": 0.003},
    ("blind_sixth.jsonl", "any"): {"plain": 1.0, "all": 0.93, "false": 0.01},
    ("blind_sixth.jsonl", "known"): {"plain": 1.0, "all": 0.93, "false": 0.003},
    ("blind_seventh.jsonl", "any"): {"plain": 1.0, "all": 0.97, "false": 0.035},
    ("blind_seventh.jsonl", "known"): {"plain": 1.0, "all": 0.97, "false": 0.003},
    ("blind_eighth.jsonl", "any"): {"plain": 1.0, "all": 0.97, "false": 0.03},
    ("blind_eighth.jsonl", "known"): {"plain": 1.0, "all": 0.98, "false": 0.003},
    ("blind_ninth.jsonl", "any"): {"plain": 1.0, "all": 0.93, "false": 0.01},
    ("blind_ninth.jsonl", "known"): {"plain": 1.0, "all": 0.94, "false": 0.003},
    ("blind_tenth.jsonl", "any"): {"plain": 1.0, "all": 0.97, "false": 0.07},
    ("blind_tenth.jsonl", "known"): {"plain": 1.0, "all": 0.97, "false": 0.003},
    ("blind_eleventh.jsonl", "any"): {"plain": 1.0, "all": 0.96, "false": 0.01},
    ("blind_eleventh.jsonl", "known"): {"plain": 1.0, "all": 0.97, "false": 0.003},
    ("blind_third_known.jsonl", "known"): {"plain": 1.0, "all": 0.97, "false": 0.003},
    ("blind_known.jsonl", "known"): {"plain": 1.0, "all": 0.97, "false": 0.003},
}  # fmt: skip


@pytest.mark.parametrize(("name", "mode"), LEAST)
def test_corpus_gates(name: str, mode: str) -> None:
    """Each corpus reaches its gates of recall, false positives and over-masking."""
    gates = dict(LEAST[name, mode])
    score = _run(name, mode)
    _print(f"{name} {mode}", score)
    assert score.recall() >= gates.pop("all")
    assert score.false_rate <= gates.pop("false")
    assert score.over_mask <= gates.pop("over", 1.0)
    assert score.f1 >= gates.pop("f1", 0.0)
    for kind, least in gates.items():
        assert score.recall(kind) >= least, kind


def test_corpus_languages() -> None:
    """No language of the development corpus falls below nine tenths."""
    caught: dict[str, list[bool]] = defaultdict(list)
    for record in _records("phones_dev.jsonl"):
        if not record.get("any", True):
            continue
        found = find_numbers(record["text"], record["region"])
        for span in record["spans"]:
            hit = any(a < span[1] and span[0] < b for a, b, _ in found)
            caught[record["lang"]].append(hit)
    assert min(sum(hits) / len(hits) for hits in caught.values()) > 0.9


def test_fresh_texts() -> None:
    """On the texts written last, nine numbers in ten are found and almost no figure is taken."""
    records = _records("fresh.jsonl")
    found = {r["text"]: bool(find_numbers(r["text"], r["region"])) for r in records}
    numbers = [found[r["text"]] for r in records if r["number"]]
    figures = [found[r["text"]] for r in records if not r["number"]]
    print(f"\nfresh.jsonl: {sum(numbers)}/{len(numbers)} found, {sum(figures)} false")
    assert sum(numbers) >= 0.9 * len(numbers)
    assert sum(figures) <= 0.03 * len(figures)


LEAST_OF_BATCHES = {
    "tuned.jsonl": (0.97, 0.0),
    "untuned.jsonl": (0.93, 0.04),
    "hostile.jsonl": (0.96, 0.02),
    "hostile_second.jsonl": (0.95, 0.02),
    "hostile_third.jsonl": (0.92, 0.01),
    "hand.jsonl": (0.96, 0.0),
    "hand_second.jsonl": (0.92, 0.0),
    "made.jsonl": (0.89, 0.06),
    "made_second.jsonl": (0.86, 0.06),
    "made_third.jsonl": (0.90, 0.05),
    "made_fourth.jsonl": (0.84, 0.05),
}


@pytest.mark.parametrize("name", LEAST_OF_BATCHES)
def test_batches_of_tricks_and_look_alikes(name: str) -> None:
    """Tricks in nine languages are masked, the look-alikes beside them stay."""
    least, most = LEAST_OF_BATCHES[name]
    caught, false = [], []
    for record in _records(name):
        found = find_numbers(record["text"], record["region"])
        hidden = {k for start, end, _ in found for k in range(start, end)}
        if not record["spans"]:
            false.append(bool(found))
        for start, end in record["spans"]:
            signs = [k for k in range(start, end) if record["text"][k].isalnum()] or [start]
            caught.append(sum(k in hidden for k in signs) >= 0.75 * len(signs))
    print(f"\n{name}: {sum(caught)}/{len(caught)} masked, {sum(false)}/{len(false)} false")
    assert sum(caught) >= least * len(caught)
    assert sum(false) <= most * len(false)
