"""Sketches of texts: copies with other names and figures are alike, other texts are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.cpu import cpu_limit
from relay.near import SAME, bands, likeness, normal_words, sketch

KEY = b"k" * 16
SCAM = (
    "Bonjour, je suis {name} et votre annonce m’intéresse. Je suis en déplacement, mon transporteur"
    " passe chercher l’objet avec {price} en espèces. Écrivez-moi ici {link} pour convenir du jour."
)
ONE = SCAM.format(name="Marie", price="450 €", link="https://a.example/1")
OTHER = SCAM.format(name="Sophie Bernard", price="1 200 €", link="https://b.example/zz").upper()
ORDINARY = (
    "Bonjour, le vélo est-il toujours disponible ? Je peux passer samedi matin avec ma remorque,"
    " je suis à dix minutes de chez vous. Merci de votre réponse, bonne journée, Paul"
)


def test_copies_are_alike() -> None:
    """Another name, price, link and case leave a text the same, and a band finds it."""
    one, other = sketch(ONE, KEY), sketch(OTHER, KEY)
    assert likeness(one.minima, other.minima) >= SAME
    assert set(one.bands) & set(other.bands)


def test_polite_words_make_no_copy() -> None:
    """Two texts that share their greetings are not alike."""
    assert likeness(sketch(ONE, KEY).minima, sketch(ORDINARY, KEY).minima) < SAME / 2


def test_few_words_equal_only_themselves() -> None:
    """A text of few words is found by the same words, whatever their signs, and by no others."""
    one, same = sketch("Toujours dispo ?", KEY), sketch("toujours DISPO", KEY)
    assert one.bands == same.bands
    assert one.bands != sketch("Toujours à vendre ?", KEY).bands


def test_another_key_makes_another_sketch() -> None:
    """Without the key of the site nothing of a text can be found or guessed."""
    one, other = sketch(ONE, KEY), sketch(ONE, b"o" * 16)
    assert not set(one.bands) & set(other.bands)


def test_words_have_no_accents_signs_or_figures() -> None:
    """Every number and link is the same word."""
    assert normal_words("Prêt : 1 200 € ici https://x.example/ÉA, l’été") == [
        "pret", "0", "ici", "link", "l", "ete",
    ]  # fmt: skip


@given(st.text(max_size=400))
def test_a_text_is_like_itself(text: str) -> None:
    """Any text has a sketch that equals itself, and the bands of its sketch."""
    one = sketch(text, KEY)
    assert likeness(one.minima, sketch(text, KEY).minima) == 1.0
    assert bands(text, KEY) == one.bands


@pytest.mark.parametrize("unit", ["a", "a@", "www.", "1 ", "é\u0301", "a."])
def test_no_text_keeps_a_sketch_busy(unit: str) -> None:
    """F47: the time of a sketch grows with its text and no faster, whoever wrote it."""
    with cpu_limit(5):  # "a@" of 2,000 signs once took half of that, and of 20,000 an hour
        sketch(unit * (20_000 // len(unit)), b"k" * 16)
