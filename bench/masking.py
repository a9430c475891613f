"""Speed of the masker beside ``phonenumbers.PhoneNumberMatcher``, in one interleaved run.

Run ``python -m bench.masking``. Texts are 500 characters: ordinary messages without a
number, with everyday figures, with one number, and dense in figures; then every tenth
message of the development corpus, half of them with a number, mostly disguised.
"""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from phonenumbers import PhoneNumberMatcher

from relay.masking import find_numbers

SIZE = 500  # characters
ROUNDS = 7
SECONDS = 0.08  # of each measurement
_PROSE = (
    "Bonjour, votre annonce m’intéresse beaucoup, est-ce toujours disponible ? Je peux passer "
    "demain matin ou en fin de semaine, comme cela vous arrange. Pourriez-vous me dire dans quel "
    "état sont les pneus et si la facture existe encore ? Merci de votre réponse et bonne journée, "
)
_FIGURES = (
    "Acheté 450 € le 12/05/2024, vendu 280 € avec le casque. Dimensions 180 x 60 x 75 cm, 14 kg. "
    "Visible à Rennes (35000) samedi de 10h à 12h30. "
)
_NUMBER = "Vous pouvez me joindre au 06 12 34 56 78. "
_DENSE = "T3 62 m² 3e étage 780 € + 45 €, DPE 182, réf 48213, libre le 01/09/2026, 02 99 30 12 45, "


def _sized(beginning: str) -> str:
    return (beginning + _PROSE * 4)[:SIZE]


TEXTS = {
    "no number": _sized(""),
    "everyday figures": _sized(_FIGURES),
    "one number": _sized(_PROSE[:150] + _NUMBER),
    "dense in figures": (_DENSE * 6)[:SIZE],
}
CORPUS = Path(__file__).parents[1] / "tests" / "data" / "masking" / "phones_dev.jsonl"


def _corpus() -> list[str]:
    with CORPUS.open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines][::10]


def _matcher(text: str) -> int:
    return sum(1 for _ in PhoneNumberMatcher(text, "FR"))


def _masker(text: str) -> int:
    return len(find_numbers(text, "FR"))


def _per_second(call: Callable[[str], int], texts: Sequence[str]) -> float:
    count, before = 0, time.process_time()
    while (spent := time.process_time() - before) < SECONDS:
        for text in texts:
            call(text)
        count += len(texts)
    return count / spent


def rows() -> list[dict[str, str | float]]:
    """Return a row per kind of text: texts and megabytes a second of both, and their ratio."""
    kinds = {kind: [text] for kind, text in TEXTS.items()} | {"mixed corpus": _corpus()}
    return [_row(kind, texts) for kind, texts in kinds.items()]


def _row(kind: str, texts: Sequence[str]) -> dict[str, str | float]:
    speeds: dict[str, float] = {"masker": 0.0, "matcher": 0.0}
    for _ in range(ROUNDS):
        speeds["masker"] = max(speeds["masker"], _per_second(_masker, texts))
        speeds["matcher"] = max(speeds["matcher"], _per_second(_matcher, texts))
    size = sum(len(text.encode()) for text in texts) / len(texts) / 1e6
    return {
        "text": kind,
        "masker texts/s": round(speeds["masker"]),
        "masker MB/s": round(speeds["masker"] * size, 2),
        "matcher texts/s": round(speeds["matcher"]),
        "matcher MB/s": round(speeds["matcher"] * size, 2),
        "time against the matcher": round(speeds["matcher"] / speeds["masker"], 2),
    }


def main() -> None:
    """Print the table."""
    for row in rows():
        print("  ".join(f"{name}: {value}" for name, value in row.items()))


if __name__ == "__main__":
    main()
