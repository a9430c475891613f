"""Messages, names and one-line texts."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.errors import Invalid
from relay.validation import read_line, read_message, read_name

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cs", "Cf", "Cc", "Cn", "Zl", "Zp", "Mn"]),
        st.sampled_from("\r\n\t\u2028\u200b\u200d\u202e\ufeff\u0301aé=?<@0"),
    ),
    max_size=200,
)


def code_of(refusal: pytest.ExceptionInfo[Invalid]) -> str:
    """Return the code of the one fault of a refusal."""
    (fault,) = refusal.value.faults
    return fault.code


def test_line_breaks_become_one_kind() -> None:
    """Every kind of line break is a line feed, and outer blanks go."""
    assert read_message(" \r\n a\r\nb\rc\u2028d\x0be\x85f \n") == "a\nb\nc\nd\ne\nf"


def test_text_is_composed() -> None:
    """Text is NFC."""
    assert read_message("e\u0301te\u0301") == "été"


@pytest.mark.parametrize(
    "hidden",
    [
        "\x00",
        "\x1b",
        "\x7f",
        "\x9f",
        "\ud83d",
        "\ufffe",
        "\U0001ffff",
        "\ufeff",
        "\u202e",
        "\u2066",
        "\u200b",
        "\u200d",
        "\u200c",
        "\u2060",
        "\xad",
        "\u200e",
        "\U000e0031",
    ],
)
def test_hidden_signs_between_digits_go(hidden: str) -> None:
    """A31: what hides inside a number is removed, the masker sees the digits."""
    assert read_message(f"06{hidden}12{hidden}{hidden}34") == "061234"


@pytest.mark.parametrize("text", ["👨\u200d👩\u200d👧", "❤\ufe0f\u200d🔥", "می\u200cخواهم"])
def test_joiners_of_scripts_and_emoji_stay(text: str) -> None:
    """An emoji family and a Persian word stay whole."""
    assert read_message(text) == text


def test_joiners_do_not_hide_in_a_run() -> None:
    """Many joiners in a row between digits go as one does."""
    assert read_message("1\u200d\u200d\u200d2") == "12"


def test_empty_message_is_missing() -> None:
    """A message of blanks and invisible signs is no message."""
    with pytest.raises(Invalid) as refusal:
        read_message(" \u200b\n")
    assert code_of(refusal) == "message_missing"


def test_length_is_counted_after_normalisation() -> None:
    """2,000 characters pass, with CRLF counted as one; one more is named."""
    assert len(read_message("a\r\n" * 999 + "bc")) == 2000
    with pytest.raises(Invalid) as refusal:
        read_message("é" * 2003)
    assert code_of(refusal) == "message_too_long"
    assert refusal.value.faults[0].values["n"] == 3


def test_other_limit_has_its_own_sentence() -> None:
    """A sentence that says 2,000 is not used for another limit."""
    with pytest.raises(Invalid) as refusal:
        read_message("abc", limit=2)
    assert code_of(refusal) == "text_too_long"


@pytest.mark.parametrize("name", ["Camille", "J.P. Dupont", "M. Dupont", "L’Épicerie 35", "محمد"])
def test_ordinary_names_pass(name: str) -> None:
    """A pseudonym is kept as typed."""
    assert read_name(name) == name


@pytest.mark.parametrize("absent", [None, "", "  ", "\u200b"])
def test_no_name_is_an_empty_name(absent: str | None) -> None:
    """A name may be absent."""
    assert read_name(absent) == ""


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("a\nBcc: x", "text_bad_characters"),
        ("a\rb", "text_bad_characters"),
        ("a\r\n\r\nb", "text_bad_characters"),
        ("a\u2028b", "text_bad_characters"),
        ("a\u0085b", "text_bad_characters"),
        ("a\x00b", "text_bad_characters"),
        ("a\ud800b", "text_bad_characters"),
        ("=?utf-8?q?La=20Poste?=", "text_bad_characters"),
        ("＝？utf-8?q?x?=", "text_bad_characters"),
        ("<b>", "text_bad_characters"),
        ("service@laposte.fr", "name_has_at"),
        ("service＠laposte", "name_has_at"),
        ("service\ufe6blaposte", "name_has_at"),
        ("www.site.zz", "name_has_link"),
        ("https://x", "name_has_link"),
        ("laposte.net", "name_has_link"),
        ("LAPOSTE．NET", "name_has_link"),
        ("Exemple  ANNONCES", "name_reserved"),
        ("exémple-annonces", "name_reserved"),
        ("x" * 61, "text_too_long"),
        ("x" * 100_000, "text_too_long"),
    ],
)
def test_spoofing_names_are_refused(raw: str, code: str) -> None:
    """A1, A18: a name carries no break, address, link, encoded word, nor the site's name."""
    with pytest.raises(Invalid) as refusal:
        read_name(raw, reserved=["Exemple Annonces"])
    assert code_of(refusal) == code


@pytest.mark.parametrize("mark", ["\r", "\n", "\r\n", "\u2028", "\u2029", "\x0b", "\x0c", "\x85"])
def test_a_line_folds_breaks(mark: str) -> None:
    """A1: any line break of a title is a space."""
    assert read_line(f"Vélo{mark}Bcc: x", field="title", limit=80) == "Vélo Bcc: x"


def test_a_line_opens_no_encoded_word() -> None:
    """A1: nothing in a title can be decoded by a header's reader."""
    assert "=?" not in read_line("=?utf-8?q?a=0D=0AB:?=", field="title", limit=80)


def test_an_empty_line_is_missing() -> None:
    """A title of blanks is missing, under its own name."""
    with pytest.raises(Invalid) as refusal:
        read_line(" \n", field="title", limit=80)
    (fault,) = refusal.value.faults
    assert (fault.field, fault.code) == ("title", "field_missing")


@settings(deadline=None)  # the machine is shared; test_validation_time.py measures
@given(HOSTILE)
def test_messages_are_clean_or_refused(raw: str) -> None:
    """A31: what is read can be stored, is normal, and reads again as itself."""
    try:
        text = read_message(raw)
    except Invalid:
        return
    text.encode("utf-8")
    assert read_message(text) == text
    assert unicodedata.is_normalized("NFC", text)
    assert not any(
        unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")
        for sign in text
        if sign not in "\n\t"
    )


@settings(deadline=None)  # the machine is shared; test_validation_time.py measures
@given(HOSTILE)
def test_names_are_one_line_or_refused(raw: str) -> None:
    """A1: a name that passes has one line and no address."""
    try:
        name = read_name(raw)
    except Invalid:
        return
    assert len(name.splitlines()) <= 1
    assert "@" not in name


@settings(deadline=None)  # the machine is shared; test_validation_time.py measures
@given(HOSTILE)
def test_lines_are_one_line_or_refused(raw: str) -> None:
    """A1: a title that passes has one line and can be stored."""
    try:
        line = read_line(raw, field="title", limit=120)
    except Invalid:
        return
    line.encode("utf-8")
    assert line.splitlines() == [line]
    assert "=?" not in line
