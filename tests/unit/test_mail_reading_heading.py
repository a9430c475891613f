"""The header of an incoming mail as one value: decoded, bounded, and no guesses."""

import email
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.mail.reading.heading import read_heading
from relay.mail.reading.mailboxes import read_addresses, same
from relay.mail.reading.values import Heading
from relay.mail.reading.words import readable

HOSTILE = Path(__file__).parents[1] / "data" / "mail" / "hostile"


def heading(*fields: str) -> Heading:
    """Read the heading of a mail with these fields."""
    return read_heading(email.message_from_bytes("\n".join([*fields, "", "Bonjour"]).encode()))


def stored(name: str) -> Heading:
    """Read the heading of a stored hostile mail."""
    return read_heading(email.message_from_bytes((HOSTILE / f"{name}.eml").read_bytes()))


def test_fields_are_read() -> None:
    """A usual header is read whole, ids in their order and the answered one last."""
    found = heading(
        "Received: from a by b; Tue, 3 Feb 2026 10:12:01 +0100",
        "Received: from c by a; Tue, 3 Feb 2026 10:12:00 +0100",
        "Authentication-Results: mx.example; dmarc=pass header.from=free.example",
        "X-Relais-Hop: v1;abc",
        'From: "Paul, Durand" <Paul.Durand@Free.example>',
        "To: R-ABC@relais.example, Paul.Durand@Free.example",
        "Cc: marie@free.example",
        "Subject: =?utf-8?q?Re=3A_V=C3=A9lo?=\n =?utf-8?q?_enfant?=",
        "Message-ID: <1@free.example>",
        "References: <a@relais.example>\n <b@relais.example>",
        "In-Reply-To: <a@relais.example>",
    )
    assert found == Heading(
        message_id="<1@free.example>",
        references=("<b@relais.example>", "<a@relais.example>"),
        sender="paul.durand@free.example",
        others=("r-abc@relais.example", "marie@free.example"),
        subject="Re: Vélo enfant",
        hops=2,
        verdicts=("mx.example; dmarc=pass header.from=free.example",),
        hop_marks=("v1;abc",),
    )


@pytest.mark.parametrize(
    ("name", "sender"),
    [
        ("two_from", None),
        ("two_addresses", None),
        ("address_in_name", None),
        ("encoded_address", None),
        ("no_header", None),
        ("quoted_address_in_name", "paul@free.example"),
        ("unicode_sender", "élodie@xn--caf-dma.example"),
        ("look_alike_domain", "paul@xn--fr-olca.example"),
    ],
)
def test_the_sender_is_one_address_or_nobody(name: str, sender: str | None) -> None:
    """A17, A18: two senders, a name that is an address, or none is nobody; look-alikes differ."""
    assert stored(name).sender == sender


@pytest.mark.parametrize(
    ("field", "addresses"),
    [
        ("paul@free.example", ("paul@free.example",)),
        ("Paul (a comment) <paul@free.example> (another (inner) one)", ("paul@free.example",)),
        ("'paul@free.example' <paul@free.example>", ("paul@free.example",)),
        (
            'Amis: "D, P" <p@free.example>, q@free.example;',
            ("p@free.example", "q@free.example"),
        ),
        ('"not <a@b.example" <p@free.example>', ("p@free.example",)),
        ("<a@b.example><c@d.example>", ()),
        ("@b.example, a@, a@@b.example, <>, a@[192.0.2.1]", ()),
        ('"unterminated <a@b.example>', ()),
        ("(unterminated <a@b.example>", ()),
    ],
)
def test_addresses_of_a_field(field: str, addresses: tuple[str, ...]) -> None:
    """Phrases, comments, quotes and groups give the addresses and nothing else."""
    assert read_addresses(field) == addresses


def test_one_spelling_per_address() -> None:
    """A17: a name composed otherwise, a capital, a Unicode domain or its A-label are the same."""
    spellings = [
        "ÉLODIE@CAFÉ.example",
        "e\u0301lodie@cafe\u0301.example",
        "élodie@xn--caf-dma.example.",
    ]
    assert {same(address) for address in spellings} == {"élodie@xn--caf-dma.example"}


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("=?iso-8859-1?Q?caf=E9?= =?utf-8?B?w6k=?=", "caféé"),
        ("=?utf-8?q?a=C3?=\n =?utf-8?q?=A9?=", "aé"),
        ("=?windows-1252?Q?10_=80?= net", "10 € net"),
        ("=?utf-7?Q?+ADw-?=", "+ADw-"),
        ("=?moon?Q?caf=E9?=", "café"),
        ("=?utf-8?B?@@@?= fin", "fin"),
        ("=?utf-8?q?a=0D=0ABcc=3A_b?=", "a Bcc: b"),
        ("a\u202eb\u200bc\td", "a b c d"),
        ("=?broken", "=?broken"),
    ],
)
def test_titles_are_readable(raw: str, shown: str) -> None:
    """A14, A15: encoded words of any charset become one line of visible signs."""
    assert readable(raw) == shown


def test_everything_is_bounded() -> None:
    """A12: no field of the value grows with the mail."""
    found = heading(
        "Subject: " + "a" * 5000,
        "References: " + " ".join(f"<{n}@b.example>" for n in range(500)),
        *[f"Authentication-Results: mx{n}; none" for n in range(50)],
        *[f"X-Relais-Hop: {n}" for n in range(50)],
    )
    sizes = (
        len(found.subject),
        len(found.references),
        len(found.verdicts),
        len(found.hop_marks),
    )
    assert sizes == (500, 50, 20, 20)


def test_the_newest_references_are_kept() -> None:
    """Of too many ids the last ones stay, as they are the thread's end."""
    found = heading("References: " + " ".join(f"<{n}@b.example>" for n in range(500)))
    assert (found.references[0], found.references[-1]) == ("<450@b.example>", "<499@b.example>")


@given(st.text(max_size=200))
def test_any_text_is_a_field(text: str) -> None:
    """Whatever stands in a field is read, and an address never holds a space or a bracket."""
    readable(text)
    for address in read_addresses(text):
        assert not set(address) & set(' <>"\n')
