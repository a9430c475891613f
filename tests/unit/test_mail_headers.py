"""No text in any field can add, end or forge a header, or break a line on the wire."""

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from relay.mail import headers
from relay.mail.compose import compose_contact
from relay.mail.mime import plain_text
from tests.unit.mail_samples import CONTACT, contact, read, shown_of, text_of

ALLOWED = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "In-Reply-To",
    "References",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "MIME-Version",
    "Content-Type",
]
PAYLOADS = [
    "x\r\nBcc: victim@exemple.fr",
    "x\nBcc: victim@exemple.fr",
    "x\rBcc: victim@exemple.fr",
    "x\r\n\r\n<script>alert(1)</script>",
    "x\u2028Bcc: victim@exemple.fr",
    "x\u2029Bcc: y",
    "x\u0085Bcc: y",
    "x\0y",
    "%0d%0aBcc: y",
    "=?utf-8?q?x=0D=0ABcc:_y?=",
    "=?utf-8?b?DQpCY2M6IHk=?=",
    '"><img src=x>',
    '" <victim@exemple.fr>, "',
    "a@b.fr",
    "\ud800",
    "\u202egnp.exe",
    "--=_relais--",
    "\r\n.\r\nMAIL FROM:<x@y.fr>",
    ".",
    "",
    "x" * 2000,
    "é" * 500,
    "{title}{0}",
]
# What people type, and what they should not.
anything = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=120), st.sampled_from(PAYLOADS)
)
FIELDS = {
    "site_name": anything,
    "listing_title": anything,
    "listing_ref": anything,
    "listing_url": st.none() | anything,
    "advertiser_name": anything,
    "buyer_name": anything,
    "text": anything,
    "phone": st.none() | anything,
    "email": st.none() | anything,
    "neutral_subject": st.booleans(),
    "first_in_thread": st.booleans(),
    "advertiser_phone_hidden": st.booleans(),
    "language": st.sampled_from(["fr", "en"]),
    "thread_id": st.none() | st.just(CONTACT.message_id),
}
mails = st.fixed_dictionaries(FIELDS).map(lambda changes: contact(**changes))


def _expected(mail):
    return [name for name in ALLOWED if mail.thread_id or name not in ("In-Reply-To", "References")]


@settings(deadline=None)
@given(mails)
def test_headers_are_exactly_ours(mail):
    """A1: whatever the fields hold, both library parsers see our headers, each once, no defect."""
    content = compose_contact(mail).content
    for rules in (policy.default, policy.compat32):
        parsed = message_from_bytes(content, policy=rules)
        assert parsed.keys() == _expected(mail)
        assert parsed.defects == []
        assert [part.get_content_type() for part in parsed.walk()] in (
            ["multipart/alternative", "text/plain", "text/html"],
            ["multipart/alternative", "text/plain"],
        )


@settings(deadline=None)
@given(mails)
def test_wire_is_seven_bit_with_crlf(mail):
    """A4, RFC 5321 2.3.8: no bare CR or LF, no NUL, no byte above 127, no line above 998."""
    content = compose_contact(mail).content
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|[\0\x80-\xff]", content)
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


@settings(deadline=None)
@given(mails)
def test_bodies_carry_the_text(mail):
    """The buyer's words arrive in each part, control signs aside; too heavy a mail has one."""
    content = compose_contact(mail).content
    words = " ".join(plain_text(mail.text).split())
    assert words in " ".join(text_of(content).split())
    assert b"text/html" not in content or words in " ".join(shown_of(content).split())


@settings(deadline=None)
@given(anything)
@example("=?utf-8?b?DQpCY2M6IHk=?=")
def test_subject_comes_back(title):
    """RFC 2047: the listing's title comes back as it was, controls made spaces."""
    content = compose_contact(contact(listing_title=title)).content
    expected = headers.one_line(title) or "Votre annonce"
    subject = str(make_header(decode_header(message_from_bytes(content)["Subject"])))
    assert subject.split() == f"{expected}\u00a0: message de Camille".split()


@settings(deadline=None)
@given(anything, anything)
def test_sender_is_the_alias_and_nothing_else(name, site):
    """A18: one address, ours; the name holds no @ and nothing that reads as an address."""
    sender = read(compose_contact(contact(buyer_name=name, site_name=site)).content)["From"]
    assert [address.addr_spec for address in sender.addresses] == [CONTACT.from_address]
    assert not set('@＠﹫"<>\\,;:') & set(sender.addresses[0].display_name)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Camille", "Camille"),
        ("  Jean-Luc\tO’Neil ", "Jean-Luc O’Neil"),
        ("camille@exemple.fr", "camille exemple.fr"),
        ("Exemple Annonces", "Un acheteur"),
        ("Service exemple annonces", "Service"),
        ("ExempExemple Annoncesle Annonces", "Exemp le Annonces"),
        ("\u202e\u200b", "Un acheteur"),
        ("", "Un acheteur"),
        ("x" * 500, "x" * 60),
    ],
)
def test_name_deceives_nobody(name, shown):
    """A18: nobody signs as the site, or with an address."""
    assert headers.person(name, "Exemple Annonces", "Un acheteur") == shown


def test_short_header_lines():
    """RFC 5322 2.1.1: names, subject and dates are folded to 78 signs."""
    changes = {"listing_title": "Grande armoire normande en chêne " * 6, "buyer_name": "Zoé " * 15}
    head = compose_contact(contact(**changes)).content.partition(b"\r\n\r\n")[0]
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"List-Unsubscribe:")]
    assert max(map(len, lines)) <= 78


def test_line_of_one_dot_stays():
    """A4: a dot alone on a line is the buyer's text; stuffing it is the transport's duty."""
    content = compose_contact(contact(text="avant\n.\naprès")).content
    assert "avant\n.\naprès" in text_of(content)
    assert b"\r\n.\r\n" not in content


@pytest.mark.parametrize("bad", ["<a@b>\r\nBcc: x", "a@b", "<a b@c>", "<é@b>", ""])
def test_bad_message_id_is_refused(bad):
    """A1: an id that is no plain message id raises."""
    with pytest.raises(ValueError, match="message id"):
        compose_contact(contact(thread_id=bad))
