"""Numbers spelled sign by sign, turned round, numbered or misspelt letter by letter."""

import pytest

from relay.masking import find_number, find_numbers

NUMBER = "+33639981234"
MORSE = "----- -.... ...-- ----. ----. ---.. .---- ..--- ...-- ....-"


@pytest.mark.parametrize(
    "written",
    [
        "z é r o   s i x   t r o i s   n e u f   n e u f   h u i t   u n   d e u x   t r o i s   4",
        "z.é.r.o s.i.x t.r.o.i.s n.e.u.f n.e.u.f h.u.i.t u.n d.e.u.x t.r.o.i.s 4",
        MORSE,
        MORSE.replace(".", "·").replace("-", "–"),
        "⠼⠚⠋⠉⠊⠊⠓⠁⠃⠉⠙",
        "06%2039%2098%2012%2034",
        "1) 06\n2) 39\n3) 98\n4) 12\n5) 34",
        "| 06 | 39 | 98 | 12 | 34 |",
        "06k39x98v12w34",
        "[b]06[/b][b]39[/b][b]98[/b][b]12[/b][b]34[/b]",
        "zeroo sixe troiis neeuf neeuf huiit uun deuxx troiis quattre",
        "0, 6, 3, deux fois 9, 8, 1, 2, 3, 4",
        "06 trenteneuf 4vingtdixhuit douze 34",
    ],
)
def test_number_spelled_sign_by_sign_is_found(written: str) -> None:
    """A number is found, and nothing but it, however its signs are spelled."""
    text = f"mon numéro {written}"
    for found in (find_numbers(text), find_number(text, NUMBER)):
        assert [number for *_, number in found] == [NUMBER]
        assert found[0][0] >= len("mon numéro ")


def test_number_turned_by_an_invisible_sign_is_found() -> None:
    """Figures shown from right to left by a sign nobody sees are read that way."""
    found = find_numbers("voilà \u202e4321899360\u202c merci")
    assert found == [(7, 17, NUMBER)]


@pytest.mark.parametrize(
    "text",
    [
        "la S.N.C.F. et l'O.N.U. ont signé, R.A.S. à signaler",
        "----- 8< ----- coupez ici ----- 8< -----",
        "remise de 20 %, puis 30 %, puis 40 %",
        "vendu trente-trois mille huit cents euros en dix-neuf cent soixante-treize",
        "5 10 15 20 25 30, on compte de cinq en cinq",
        "HU 04/2027, EZ 03/2007, 115 PS",
    ],
)
def test_what_only_looks_spelled_stays(text: str) -> None:
    """Initials, lines of dashes, steps and prices in words are no number."""
    assert find_numbers(text) == []
