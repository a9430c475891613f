"""A mail as it comes over the wire: its end, its dots, and the verdicts nobody vouches for."""

from itertools import pairwise

import pytest
from aiosmtpd.smtp import SMTP
from hypothesis import given
from hypothesis import strategies as st

from relay.mail.wire import Content, has_longer_line, plain_path, without_verdicts

LINES = st.lists(st.text("a. \r\n", max_size=6).map(str.encode), max_size=12)
FIELD = b"Authentication-Results: mx.relais.example; dmarc=pass"


def pieces_of(wire: bytes, cuts: list[int]) -> list[bytes]:
    """Cut bytes at these places."""
    at = sorted({0, len(wire), *(cut % (len(wire) + 1) for cut in cuts)})
    return [wire[start:end] for start, end in pairwise(at)]


@given(LINES, st.lists(st.integers(0, 200)), st.sampled_from([b"", b"QUIT\r\n"]))
def test_a_mail_comes_as_it_was(lines: list[bytes], cuts: list[int], after: bytes) -> None:
    """A3: however a mail is cut, and whatever dots are in it, it comes whole and ends once."""
    raw = b"".join(line.replace(b"\r\n", b"") + b"\r\n" for line in lines)
    stuffed = (b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:]
    content, rest = Content(), b""
    for number, piece in enumerate(pieces := pieces_of(stuffed + b".\r\n", cuts)):
        found = content.take(piece + after if number == len(pieces) - 1 else piece)
        assert (found is not None) == (number == len(pieces) - 1)
        rest = found or b""
    assert (content.raw(), rest) == (raw, after)


@given(st.lists(st.integers(0, 200)))
def test_the_end_is_found_of_what_is_forgotten(cuts: list[int]) -> None:
    """R5: of a mail that is refused nothing is kept, and its end is found all the same."""
    content, found = Content(), None
    for piece in pieces_of(b"x" * 50 + b"\r\n.x\r\n..\r\n\r\n.\r\n", cuts):
        found = content.take(piece)
        content.forget()
        assert content.size_bytes < 5
    assert found == b""


@pytest.mark.parametrize(("sizes", "longer"), [((8, 8), 0), ((2, 9), 1), ((9, 2), 1)])
def test_long_lines(sizes: tuple[int, ...], longer: int) -> None:
    """A line counts with its end, and only CRLF ends it."""
    raw = b"".join(b"\n" * (size - 2) + b"\r\n" for size in sizes)
    assert has_longer_line(raw, 8) == longer


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
@pytest.mark.parametrize("field", [FIELD, FIELD.lower(), FIELD.replace(b":", b" :", 1)])
@pytest.mark.parametrize("before", [b"", b"From: a@b.example\r\n", b"X: a\r", b"X: a\n"])
def test_a_verdict_is_taken_out(before: bytes, field: bytes, end: bytes) -> None:
    """A9: a sender's own Authentication-Results goes, with all its lines, wherever one may end."""
    folded = field + end + b"\theader.from=b.example" + end
    rest = b"To: <c@d.example>\r\n\r\nBonjour\r\n"
    assert without_verdicts(before + folded + rest) == before + rest


def test_words_about_verdicts_stay() -> None:
    """R1: what looks like such a field in the text is the author's."""
    raw = b"From: a@b.example\r\n\r\n" + FIELD + b"\r\n"
    assert without_verdicts(raw) == raw


def test_a_mail_that_is_all_header() -> None:
    """A9: the field goes from a mail without a text, too."""
    assert without_verdicts(b"From: a@b.example\r\n" + FIELD) == b"From: a@b.example\r\n"


@given(
    st.one_of(
        st.from_regex(r"<[a-zA-Z0-9_+=~.-]+@[a-z0-9_.-]+>( [A-Z0-9=]+)*", fullmatch=True),
        st.text('<>@.ab1-_=+ "()\\,;:\t\r\n', max_size=24),
    )
)
def test_a_plain_path_is_read_as_the_library_reads_it(argument: str) -> None:
    """What is taken for plain gives the address and parameters that the library finds."""
    found = plain_path(argument)
    if found is not None:
        parsed = SMTP._getaddr(SMTP, argument)  # an instance would leave a loop open
        assert (found[0], found[1].split()) == (parsed[0], (parsed[1] or "").split())


@pytest.mark.parametrize(
    "argument", ["<>", "<@a,@b:c@d.example>", '<"a b"@c.example>', "a@b.example"]
)
def test_other_paths_are_left_to_the_library(argument: str) -> None:
    """The null sender, routes, quoted local parts and paths without brackets are not plain."""
    assert plain_path(argument) is None
