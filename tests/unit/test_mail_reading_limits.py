"""What is refused before any parser sees it, and that counting itself costs nothing."""

import email
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.mail import read
from relay.mail.reading import limits
from relay.mail.reading.limits import check, normalised
from relay.mail.reading.values import Reply, Unreadable

HEAD = b"From: paul@free.example\nTo: r-abc@relais.example\nSubject: Velo\n"
MULTIPART = HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n"


def nested(levels: int) -> bytes:
    """A mail of multiparts within each other."""
    opened = (
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(levels)
    )
    return HEAD + b"".join(opened) + b"\nBonjour\n"


def parts(count: int) -> bytes:
    """A mail of many small parts."""
    return MULTIPART + b"--b\n\nx\n" * count + b"--b--\n"


def fields_of(name: bytes, sign: bytes, words: list[bytes]) -> bytes:
    """A mail with one long field."""
    return HEAD + name + b": " + (sign + b"\n ").join(words) + b"\n\nBonjour\n"


BOMBS = {
    "16k addresses": (
        fields_of(b"Cc", b",", [b"a%d@b.example" % n for n in range(16_000)]),
        "header_too_large",
    ),
    "16k encoded words": (
        fields_of(b"Comments", b"", [b"=?utf-8?q?a?="] * 16_000),
        "header_too_large",
    ),
    "16k parameters": (
        fields_of(b"Content-Type", b";", [b"text/plain", *[b"a%d=1" % n for n in range(16_000)]]),
        "header_too_large",
    ),
    "101 addresses": (
        fields_of(b"Cc", b",", [b"a%d@b.example" % n for n in range(101)]),
        "too_many_addresses",
    ),
    "51 parameters": (
        fields_of(b"Content-Type", b";", [b"text/plain", *[b"a%d=1" % n for n in range(51)]]),
        "too_many_parameters",
    ),
    "1000 nested comments": (
        HEAD + b"Reply-To: " + b"(" * 1000 + b")" * 1000 + b" a@b.example\n\nx",
        "too_deep",
    ),
    "1600 nested multiparts": (nested(1600), "too_deep"),
    "21 levels": (nested(20), "too_deep"),
    "1600 mails within mails": (
        HEAD + b"Content-Type: message/rfc822\n\n" * 1600 + b"x",
        "too_deep",
    ),
    "10,000 parts": (parts(10_000), "too_many_parts"),
    "200 parts below one": (parts(200), "too_many_parts"),
    "10,000 report blocks": (
        MULTIPART + b"--b\nContent-Type: message/delivery-status\n\n" + b"A: b\n\n" * 10_000,
        "too_many_parts",
    ),
    "parameters in a report": (
        MULTIPART
        + b"--b\nContent-Type: message/delivery-status\n\nContent-Type: multipart/x"
        + b";a" * 7000,
        "too_many_parameters",
    ),
    "1 MB in one field": (HEAD + b"X-Long: " + b"a" * 1_000_000 + b"\n\nx", "header_too_large"),
    "1 MB of fields": (HEAD + b"X: a\n" * 200_000 + b"\nx", "header_too_large"),
    "1 MB of continuation": (HEAD + b" a\n" * 200_000 + b"\nx", "header_too_large"),
    "10 MB of line ends": (HEAD + b"\n" * 10_000_000, "too_many_lines"),
    "200,000 dashed lines": (nested(18) + b"--\n" * 200_000, "too_many_parts"),
    "lines times depth": (nested(18) + b"x\n" * 200_000, "too_deep"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused(name: str) -> None:
    """A12: a mail that measures too much is unreadable, with the reason."""
    raw, reason = BOMBS[name]
    assert read(raw) == Unreadable(reason)


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_cost_nothing(name: str) -> None:
    """A12: refusing costs at most 0.2 s of processor time."""
    raw, _ = BOMBS[name]
    costs = []
    for _ in range(3):
        begin = time.process_time()
        read(raw)
        costs.append(time.process_time() - begin)
    assert min(costs) <= 0.2


@pytest.mark.parametrize("raw", [nested(18), parts(190), parts(1), HEAD + b"\nBonjour\n"])
def test_mails_within_the_limits_are_read(raw: bytes) -> None:
    """What stays within every limit is read."""
    assert isinstance(read(raw), Reply)


def test_a_hundred_recipients_are_read() -> None:
    """A mail to a hundred addresses is read; a name with a comma is not a second address."""
    mail = fields_of(b"Cc", b",", [b'"Durand, P" <a%d@b.example>' % n for n in range(98)])
    assert isinstance(read(mail), Reply)


def test_line_ends_of_every_kind_are_one() -> None:
    """A3: a bare CR ends a line for every reader behind, or for none."""
    assert normalised(b"a\r\nb\rc\n\r\r\n") == b"a\nb\nc\n\n\n"


KINDS = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=a",
        b"Content-Type: multipart/digest; boundary=b",
        b"Content-Type: multipart/alternative; boundary=a",
        b"Content-Type: message/rfc822",
        b"Content-Type: message/delivery-status",
        b"Content-Type: text/plain",
        b"Subject: x",
        b"From a@b.example",
        b"no field at all",
        b" folded",
        b"--a",
        b"--b",
        b"--a--",
        b"--b--",
        b"-- ",
        b"",
        b"",
    ]
)


@given(st.lists(KINDS, max_size=60))
def test_the_scanner_sees_no_fewer_parts_than_the_parser(lines: list[bytes]) -> None:
    """A16: whatever the standard parser takes for a part was counted before."""
    content = b"\n".join(lines)
    counted = []
    walk = limits._one_more

    def counting(number: int) -> int:
        counted.append(number)
        return walk(number)

    limits._one_more = counting
    try:
        check(content)
    finally:
        limits._one_more = walk
    found = sum(1 for _ in email.message_from_bytes(content).walk())
    # A block of a report may call itself a mail and so be two.
    assert found <= 2 * len(counted)
