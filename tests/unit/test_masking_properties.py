"""What must hold of the masker for any text."""

import random
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from relay.masking import (
    Fragments,
    MaskPolicy,
    find_any,
    find_number,
    find_numbers,
    mask,
    mask_by,
)
from relay.masking.evidence import is_prose, weigh
from relay.masking.keys import BESIDE, shows_keys
from relay.masking.signs import read_signs, western
from relay.masking.spelled import (
    has_morse,
    letters_apart,
    shows_letters_apart,
    shows_morse,
)
from relay.masking.starred import has_stars, shows_stars

HIDDEN = "+33612345678"
POLICY = MaskPolicy(frozenset({HIDDEN}), everything=True, addresses=True, handles=True)
WORDS = (
    "06 12 34 56 78 zéro six douze trente-quatre soixante dix-sept quatre vingt et un (oui) tel "
    "appelez +33 0033 (0) le 12/05/2026 14h30 120 € <b> </b> <br> &nbsp; &#48; O6 l2 3l ６ ٦ ⑥ "
    "z3ro "
    "06x12x34 suite fin à l'envers \n \n 75011 0612345678 wa.me/33612345678 [at] gmail "
    "point com "
    "insta @jo_12 <a href='tel:0612345678'> </a> <span hidden> </span> <!-- --> | - . , / _ 🌸 "
    "\u200b \u202e "
    "double sept cent un deux zwei und zwanzig [numéro masqué] numéro masqué] [number hidden]"
).split(" ")
PROSE = (
    "Bonjour votre annonce m’intéresse beaucoup est-ce toujours disponible je peux passer demain "
    "matin merci de votre réponse bien cordialement Hello is this still available thank you"
).split()


def messages() -> st.SearchStrategy[str]:
    """Texts made of what numbers, tricks and markup are made of."""
    return st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join) | st.text(max_size=80)


@given(messages())
@settings(max_examples=300, deadline=None)
@example("06 <a href='tel:0612345678'>12 34 56 78</a>")
@example("06 12 [numéro masqué] 34 56 78")
def test_masking_twice_changes_nothing(text: str) -> None:
    """mask(mask(x)) is mask(x)."""
    once = mask_by(text, POLICY).text
    assert mask_by(once, POLICY).text == once


@given(messages(), st.sampled_from(["FR", "BE", "ES", "DE", "XX", ""]))
@settings(max_examples=300, deadline=None)
def test_spans_lie_inside_the_text_in_order(text: str, region: str) -> None:
    """Offsets are in the text, in order, and do not overlap; numbers are E.164."""
    for found in (find_numbers(text, region), find_number(text, HIDDEN)):
        at = 0
        for start, end, number in found:
            assert at <= start < end <= len(text)
            assert number[0] == "+"
            assert number[1:].isdigit()
            at = end


@given(messages() | st.text(st.characters(codec="cp1252"), max_size=60))
@settings(max_examples=300, deadline=None)
def test_the_early_exit_loses_nothing(text: str) -> None:
    """What passes at once as prose has no digit and no number word once folded and weighed."""
    if is_prose(text):
        seen = weigh(read_signs(text).text)
        assert (seen.figures, seen.spoken) == (0, 0)


@given(messages() | st.text(st.characters(codec="cp1252"), max_size=60))
@settings(max_examples=300, deadline=None)
def test_the_look_at_bytes_loses_nothing(text: str) -> None:
    """What is spelled sign by sign in a text of Western signs shows in its bytes."""
    raw = western(text)
    if raw is not None:
        assert shows_keys(raw) == (BESIDE.search(text) is not None)
        assert shows_stars(raw) or not has_stars(text)
        assert shows_morse(raw) or not has_morse(text)
        assert shows_letters_apart(raw) or not letters_apart(text)


@given(messages())
@settings(max_examples=200, deadline=None)
def test_several_numbers_are_found_as_each_alone(text: str) -> None:
    """Looking for several numbers at once hides what looking for each of them hides."""
    numbers = (HIDDEN, "+33199001234", "+4915228817386")
    alone = {k for n in numbers for a, b, _ in find_number(text, n) for k in range(a, b)}
    assert {k for a, b, _ in find_any(text, numbers) for k in range(a, b)} == alone


@given(st.text(st.characters(), max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_unicode_text_is_read(text: str) -> None:
    """No character makes the masker fail, surrogates and noncharacters included (A31)."""
    mask_by(text, POLICY, Fragments(("06", "12")))


@given(st.lists(st.sampled_from(PROSE), max_size=60).map(" ".join))
@settings(max_examples=100, deadline=None)
def test_prose_stays_as_it_is(text: str) -> None:
    """A text without figures and number words is not touched."""
    masked = mask_by(text, POLICY)
    assert masked.text == text
    assert masked.hits == ()


FIGURES = (
    "je vous en propose {price} € ou {percent},{minute} euros",
    "du {day:02}/{month:02}/2026 au {day:02}/{month:02}/2027",
    "le {day} juin à {hour}h{minute} ou {hour}:{minute}",
    "plaque AB-{big}-CD, {percent} 000 km, {year}",
    "{size} x {size} x {percent} cm, {day} kg",
    "{percent}{big} Nantes, {size} rue des Lilas",
    "T{month} de {percent} m², {big} € par mois, DPE {size} kWh",
)


@given(st.integers(), st.sampled_from(FIGURES))
@settings(max_examples=200, deadline=None)
def test_everyday_figures_survive(seed: int, frame: str) -> None:
    """Prices, dates, times, plates, sizes, postcodes are not masked."""
    drawn = random.Random(seed).randint
    text = frame.format(
        price=drawn(5, 9000),
        percent=drawn(10, 95),
        minute=drawn(10, 59),
        day=drawn(1, 28),
        month=drawn(1, 12),
        hour=drawn(8, 20),
        big=drawn(100, 999),
        year=drawn(1990, 2026),
        size=drawn(40, 240),
    )
    assert find_numbers(text) == []


def _luhn(body: str) -> str:
    total = sum(sum(divmod(int(d) * (2 - k % 2), 10)) for k, d in enumerate(reversed(body)))
    return body + str(-total % 10)


@given(st.integers(10**11, 10**12 - 1), st.sampled_from(["SIRET {}", "siret : {}", "n° {}"]))
@settings(max_examples=100, deadline=None)
def test_company_numbers_survive(body: int, frame: str) -> None:
    """A SIRET with its check digit is not masked, in one piece or grouped."""
    siret = _luhn(str(body) + "7")
    grouped = f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}"
    assert find_numbers(frame.format(siret)) == []
    assert find_numbers(frame.format(grouped)) == []


@given(st.integers(0, 10**23 - 1))
@settings(max_examples=100, deadline=None)
def test_bank_accounts_survive(body: int) -> None:
    """An IBAN is not masked, in one piece or in groups of four."""
    account = f"{body:023}"
    check = 98 - int(account + "152700") % 97
    iban = f"FR{check:02}{account}"
    assert find_numbers(f"virement sur {iban} merci") == []
    parts = " ".join(iban[k : k + 4] for k in range(0, len(iban), 4))
    assert find_numbers(f"IBAN {parts}") == []


SHAPES = {
    "one row of digits": "0612345678",
    "digits apart": "0 6 1 2 ",
    "pairs": "06 12 34 56 78 ",
    "number words": "zéro six douze trente-quatre ",
    "glued words": "zerosixdouzetrentequatre",
    "open tags": "<a<b ",
    "comments": "<!--",
    "entities": "&#48;",
    "hidden nodes": "<span hidden>6",
    "at signs": "a@b.",
    "parentheses": "06 (",
    "pipes": "|l|1",
    "letters": "azertyuiop",
    "letters and digits": "a1b22c",
    "plus signs": "+33 +",
    "lines": "06 oui\n",
    "amounts": "732 829 320 ",
    "zeros": "0 00 0 ",
    "said zeros": "zéro ",
    "near numbers": "06 12 34 56 7 ",
    "exit codes and words": "quatre-vingt00+",
    "exit codes and signs": "1)00fin—{",
    "addresses never ended": "@l2inverse320...",
    "letters apart": "z é r o ",
    "morse": "----- -.... ",
    "escapes": "%20%36",
    "hundreds": "0cent",
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_time_grows_with_length(shape: str) -> None:
    """Twice the text takes less than two and a half times as long (A26)."""

    def spent(size: int) -> float:
        text = shape * (size // len(shape))
        best = 9.0
        for _ in range(3):
            before = time.process_time()
            mask_by(text, POLICY)
            best = min(best, time.process_time() - before)
        return best

    small = 8_000
    assert any(spent(2 * small * k) < 2.5 * spent(small * k) + 0.004 for k in (1, 1, 2))


@pytest.mark.parametrize("shape", ["0612345678", "7", "06 12 34 56 78 ", "4821 "])
def test_a_megabyte_of_digits_takes_a_second(shape: str) -> None:
    """One megabyte of digits is searched in less than a second (three on a busy machine)."""
    text = shape * (1_000_000 // len(shape))
    best = 99.0
    for _ in range(2):
        before = time.process_time()
        find_numbers(text)
        find_number(text, "+33699999999")
        best = min(best, time.process_time() - before)
    assert best < 3.0


def test_digits_never_show_in_what_is_logged() -> None:
    """A hit shows offsets and a rule, a memory how many groups; never digits of a number."""
    hit = mask("tel 06 12 34 56 78", everything=True).hits[0]
    assert (hit.start, hit.end, hit.rule) == (4, 18, "number")
    assert repr(Fragments(("4455", "66"))) == "Fragments(2 groups)"
