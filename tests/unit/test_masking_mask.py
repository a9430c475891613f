"""Placeholders, HTML, addresses, handles, and numbers sent in parts."""

import json
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner

from relay.cli.mask import mask as mask_command
from relay.masking import Fragments, MaskPolicy, find_number, find_numbers, mask, mask_by

HIDDEN = frozenset({"+33612345678"})
SIGN = "[numéro masqué]"
ALL = MaskPolicy(HIDDEN, everything=True, addresses=True, handles=True)


def test_hidden_number_is_replaced_by_one_placeholder() -> None:
    """The hidden number becomes one placeholder and one hit with its rule."""
    masked = mask("Mon tel 06 12 34 56 78, à demain", hidden=HIDDEN)
    assert masked.text == f"Mon tel {SIGN}, à demain"
    assert [(hit.start, hit.end, hit.rule) for hit in masked.hits] == [(8, 22, "known")]


def test_other_numbers_stay_unless_the_site_masks_everything() -> None:
    """Only the hidden number goes; with everything, all go."""
    text = "le mien 06 12 34 56 78, le vôtre 07 65 43 21 09"
    assert mask(text, hidden=HIDDEN).text == f"le mien {SIGN}, le vôtre 07 65 43 21 09"
    assert mask(text, hidden=HIDDEN, everything=True).text.count(SIGN) == 2


def test_placeholder_speaks_the_language_of_the_reader() -> None:
    """The placeholder is English for an English reader."""
    assert mask("call 06 12 34 56 78", hidden=HIDDEN, language="en").text == "call [number hidden]"


@pytest.mark.parametrize(
    "text",
    [
        "0612345678", "+33 6 12 34 56 78", "0033612345678", "+33 (0)6 12 34 56 78",
        "06.12.34.56.78",
        "O6 l2 34 S6 78", "zéro six douze trente-quatre cinquante-six soixante-dix-huit",
        "zero-six twelve thirty-four 56 78", "z3r0 s1x d0uz3 tr3nt3-quatr3 56 78",
        "０６１２３４５６７８",
        "zerosixdouzetrentequatrecinquantesixsoixantedixhuit", "87 65 43 21 60", "8765432160",
        "78 56 34 12 06", "12 34 56 78", "34-56-78", "06x12x34x56x78",
        "06 (oui) 12 (bon) 34, 56 / 78",
        "0️⃣6️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣", "<b>06</b><i>12</i>34&nbsp;56&#8203;78", "06\n12\n34\n56\n78",
        "٠٦١٢٣٤٥٦٧٨", "612345678", "33612345678", "la fin à l'envers : 87 65 43",
        "06chat12chat34chat56chat78",
    ],
)  # fmt: skip
def test_known_number_is_found_in_any_form(text: str) -> None:
    """The one number is seen national, international, in words, disguised, reversed, cut short."""
    assert find_number(text, "+33612345678"), text


@pytest.mark.parametrize(
    "text",
    [
        "06 12 34 57 78", "34 56 78 90", "le 12/03/2026, 34 m², 56 km", "n° 9934567811",
        "06 12 34 56",
        "EAN 3345678123456", "", "6-1 2-3 4-6 5-6 à 7 h 8", "sécu 1 61 23 45 678 058 12",
        "le 06 12 34-01 99 ou le 01-99 56 78", "06 99 puis 34 56 78", "87 65 43",
    ],
)  # fmt: skip
def test_other_figures_are_not_the_known_number(text: str) -> None:
    """A near number, a longer figure or scattered figures are not the known number."""
    assert find_number(text, "+33612345678") == []


@pytest.mark.parametrize("e164", ["", "+", "0612345678", "+33", "+999123456789", "abc"])
def test_what_is_no_e164_number_finds_nothing(e164: str) -> None:
    """A malformed known number finds nothing and raises nothing."""
    assert find_number("06 12 34 56 78", e164) == []


class _Structure(HTMLParser):
    """Keeps the tags of a page in order."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, _attrs: list) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.tags.append("/" + tag)


def _structure(page: str) -> list[str]:
    parser = _Structure()
    parser.feed(page)
    return parser.tags


PAGES = (
    "<p>Tél <b>06</b> <b>12</b> <b>34</b> <b>56</b> <b>78</b></p>",
    '<p>06 <span style="display:none">99 11</span>12 34<!-- 5 --> 56 78</p>',
    '<a href="tel:+33612345678" title="0612345678">appelez</a>',
    '<a href="https://wa.me/33612345678">moi</a> <img alt="06 12 34 56 78" src="a.png">',
    "<table><tr><td>06</td><td>12</td><td>34</td><td>56</td><td>78</td></tr></table>",
    "&#48;&#54; &#x31;&#x32; 34&nbsp;56&nbsp;78<br>merci",
    '06 <a href="sms:0612345678">12 34 56 78</a>',
    '<div hidden>06 12 34 56 78</div><a href="https://api.whatsapp.com/send?phone=%2B33612345678">x</a>',
    "<!-- 06 12 34 56 78 --><p>bonjour</p>",
)


@pytest.mark.parametrize("page", PAGES)
def test_html_keeps_its_structure_and_loses_the_number(page: str) -> None:
    """Tags stay in place; neither what is read nor what a link does gives the number away."""
    masked = mask_by(page, ALL).text
    assert _structure(masked) == _structure(page)
    assert find_numbers(masked) == []
    assert find_number(masked, "+33612345678") == []
    assert "3456" not in "".join(c for c in masked if c.isdigit())


def test_links_that_give_a_number_away_become_empty() -> None:
    """A tel: link loses its target, and its text stays."""
    page = '<a href="tel:+33612345678">Appelez-moi</a>'
    assert mask(page, everything=True).text == '<a href="#">Appelez-moi</a>'


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("écris à jean.dupont@exemple.fr", "écris à [adresse masquée]"),
        ("jean.dupont [at] gmail [point] com", "[adresse masquée]"),
        ("paul arobase orange point fr merci", "[adresse masquée] merci"),
        ("marie (at) exemple (dot) org", "[adresse masquée]"),
        ("luc＠exemple．fr", "[adresse masquée]"),
        ("on se voit à Rennes, point final.", "on se voit à Rennes, point final."),
        ("I am at home, dot the i", "I am at home, dot the i"),
    ],
)
def test_addresses_go_when_the_site_says_so(text: str, masked: str) -> None:
    """E-mail addresses go, also written out; sentences with the same words stay."""
    assert mask_by(text, MaskPolicy(addresses=True)).text == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mon insta c'est lulu.92", "mon insta c'est [contact masqué]"),
        ("snap : tom_75 !", "snap : [contact masqué] !"),
        ("t.me/camille", "[contact masqué]"),
        ("join https://discord.gg/abc123 now", "join [contact masqué] now"),
        ("@jo_rennes sur telegram", "[contact masqué] sur telegram"),
        ("je suis sur whatsapp aussi", "je suis sur whatsapp aussi"),
        ("vu sur facebook hier", "vu sur facebook hier"),
    ],
)
def test_handles_go_when_the_site_says_so(text: str, masked: str) -> None:
    """Messenger handles and chat links go; the name of a messenger stays."""
    assert mask_by(text, MaskPolicy(handles=True)).text == masked


def test_number_sent_in_two_messages_is_caught() -> None:
    """The end of a number is masked when the beginning came in the message before."""
    policy = MaskPolicy(everything=True)
    first = mask_by("mon numéro commence par 06 12", policy, Fragments())
    second = mask_by("et la suite c'est 34 56 78", policy, first.memory)
    assert first.hits == ()
    assert SIGN in second.text
    assert "34" not in second.text
    assert [hit.rule for hit in second.hits] == ["split"]


def test_hidden_number_sent_in_three_messages_is_caught() -> None:
    """The known number is put together over messages, digit groups alone."""
    policy = MaskPolicy(HIDDEN)
    memory = Fragments()
    for part in ("06 12", "34"):
        memory = mask_by(part, policy, memory).memory
    assert mask_by("56 78", policy, memory).text == SIGN


def test_memory_forgets_after_other_figures() -> None:
    """Prices and dates are not remembered, and the memory stays small."""
    policy = MaskPolicy(everything=True)
    memory = mask_by("120 € le 12/05/2026 à 14h30", policy, Fragments()).memory
    assert memory.groups == ()
    for _ in range(20):
        memory = mask_by("1234 5678", policy, memory).memory
    assert sum(map(len, memory.groups)) <= 14


def test_command_shows_rule_and_offsets_as_json() -> None:
    """``relay mask --json`` prints the masked text, the count and the hits, no digits."""
    result = CliRunner().invoke(mask_command, ["--json"], input="tel 06 12 34 56 78")
    told = json.loads(result.output)
    assert told == {
        "text": f"tel {SIGN}",
        "count": 1,
        "hits": [{"start": 4, "end": 18, "rule": "number"}],
    }


def test_command_colours_the_original() -> None:
    """On a terminal the original is shown with the stretch in colour and its rule."""
    result = CliRunner().invoke(
        mask_command, ["--hidden", "+33612345678"], input="tel 0612345678\n", color=True
    )
    assert "\x1b[31m" in result.output
    assert "known" in result.output
    assert "1 masked" in result.output


@pytest.mark.parametrize(
    ("option", "value", "mend"),
    [
        ("--region", "UK", "GB"),
        ("--region", "ZZ", "two letters"),
        ("--hidden", "06 12 34 56 78", "+33639980001"),
    ],
)
def test_command_refuses_what_it_would_guess_at(option: str, value: str, mend: str) -> None:
    """An unknown country or a number in another form is refused with the way to write it."""
    result = CliRunner().invoke(mask_command, [option, value], input="tel 06 12 34 56 78")
    assert result.exit_code == 2
    assert mend in result.output
