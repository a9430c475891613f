"""What stands beside a plainly written number takes nothing from it; look-alikes stay."""

import pytest

from relay.masking import find_numbers

_NOUNS = (
    "devis tournoi wifi pilote tatouage réservation loto billetterie T3 Polo 4x4 photos facture "
    "version colis client compte message tickets 450€ 12,50"
).split()
_PLAIN = {
    "FR": ("06 39 98 12 47", "02.61.91.50.18", "+33 6 39 98 12 47"),
    "BE": ("069 84 27 13", "0470 12 84 97"),
    "CH": ("021 387 39 94", "079 409 55 11"),
    "ES": ("612 37 55 76",),
    "RE": ("0692 26 85 49",),
    "MC": ("99 14 22 72",),
    "NC": ("94.27.36",),
}


@pytest.mark.parametrize("region", _PLAIN)
@pytest.mark.parametrize("noun", _NOUNS)
def test_noun_before_number(region: str, noun: str) -> None:
    """A number laid out as its plan has it is found whatever everyday word stands before it."""
    for number in _PLAIN[region]:
        text = f"{noun} {number}"
        found = find_numbers(text, region)
        assert any(text[a:b].endswith(number[-5:]) for a, b, _ in found), text


@pytest.mark.parametrize(
    "text",
    [
        "devis n° 0639981247",
        "n° client : 0639 981 247",
        "facture 0639981247",
        "clé wifi : 0639981247",
        "04/102, 58/102, 15/102, la carte 2 €",
        "Screenshot 06-12 at 18.42.17",
        "quinté : 03 12 07 15 01",
        "tomes 01 02 03 04 06",
        "synthé n° 06123, MS-20, 37 touches",
        "compte à rebours dix neuf huit sept six cinq quatre trois deux un zéro",
    ],
)
def test_look_alikes_stay(text: str) -> None:
    """References, ratios, stamps, races, lists, models and counting down are left alone."""
    assert find_numbers(text) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("TEL06.39.98.12.47DEMANDERJOJO", "+33639981247"),
        ("GSM0639.98.12.35LE SOIR", "+33639981235"),
        ("06399 81247 Josiane", "+33639981247"),
        ("le 06 quatre 7 18 42", "+33677771842"),
        ("06 39 98 12 deux fois", "+33639981212"),
        ("la fin c'est 12 47, le début c'est 06 39, le milieu c'est 98", "+33639981247"),
        ("à la place de zéro je mets ROND : ROND6 39 98 12 4ROND", "+33639981240"),
        ("par la dernière paire et remontez : 47 12 98 39 06", "+33639981247"),
        ("à l'envers : quarante-sept, douze, quatre-vingt-dix-huit, trente-neuf, zéro six",
         "+33639981247"),
        ("Message 1/2 : 0639 98\nMessage 2/2 : 12 47", "+33639981247"),
    ],
)  # fmt: skip
def test_tricks_read(text: str, number: str) -> None:
    """Each way of telling a number gives that number."""
    assert [found for _, _, found in find_numbers(text)] == [number]


def test_a_word_for_twice_may_end_what_is_read_backwards() -> None:
    """A text to be read backwards whose last piece says how often the next one comes is read."""
    assert find_numbers("863 834 36 49 double à l'envers") == []
