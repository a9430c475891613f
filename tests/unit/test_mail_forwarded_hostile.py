"""Hostile values in a passed-on reply: the bytes stay ours, and every reader reads them alike."""

import re
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from relay.mail.forwarded import compose_reply
from relay.mail.parts import read_parts
from tests.unit.mail_samples import html_of, read
from tests.unit.reply_samples import TO_BUYER, photo, to_buyer

BREAKS = [
    "\r\nBcc: x@y.example", "\nBcc: x@y.example", "\rBcc: x@y.example", "\r\n\r\n<script>",
    "\u2028Bcc: x", "\u2029Bcc: x", "\x85Bcc: x", "\x0bBcc: x", "\x0cBcc: x", "\x00Bcc: x",
    "%0d%0aBcc: x", "=?utf-8?q?a=0d=0aBcc:_x?=", "=?utf-8?b?DQpCY2M6IHg=?=", "=0D=0ABcc: x",
    "\r\n.\r\n", "\n.\nMAIL FROM:<x@y.example>", "\r\n--=_relais--\r\n", "\n--=_relais\n",
    "\n--=_dossier--\n", "\r\nContent-Type: text/html", "\ud800", "\u202eerutaN", "a\u200bb",
    '"<x@y.example>', "x@y.example", '\\"', "\t\r\n X-Injected: 1", "é\r\né", "\r", "\n\n\n",
    "<script>alert(1)</script>", "&#13;&#10;Bcc: x", "\x1b[31m", "<!--", "{{ slot.text }}",
]  # fmt: skip
FREE = [
    "site_name",
    "listing_title",
    "listing_ref",
    "writer_name",
    "reader_name",
    "text",
    "history",
]


@pytest.mark.parametrize("field", FREE)
@pytest.mark.parametrize("payload", BREAKS)
def test_no_field_can_be_injected(field, payload):
    """A1: whatever stands in a field, the header holds our fields and the mail our two parts."""
    content = compose_reply(to_buyer(**{field: f"a{payload}b"})).content
    mail = message_from_bytes(content, policy=policy.SMTP)
    assert mail.keys() == read(compose_reply(TO_BUYER).content).keys()
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip
    assert max(content) < 128
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert not re.search("<script|<!--", html_of(content))


@pytest.mark.parametrize(
    "field", ["from_address", "recipient", "envelope_sender", "message_id", "hop"]
)
@pytest.mark.parametrize(
    "bad", ["a@b.fr\r\nBcc: x@y.fr", "a@b.fr x", "", "é@b.fr", "a@b.fr\n", "<a@b>\n"]
)
def test_bad_address_or_mark_is_refused(field, bad):
    """A2: what would be cut on the wire raises instead of leaving changed."""
    with pytest.raises(ValueError, match=r"plain|message id"):
        compose_reply(to_buyer(**{field: bad}))


@pytest.mark.parametrize("bad", [("<a@b.fr>\r\nBcc: x",), ("a@b.fr",), ("<a@b.fr> <c@d.fr>",)])
def test_bad_reference_is_refused(bad):
    """A1: ids are ids; nothing a stranger's mail referred to is copied into the thread."""
    with pytest.raises(ValueError, match="message id"):
        compose_reply(to_buyer(references=bad))


def _by_hand(content):
    """Read the mail a third way: split at the boundary lines, let nothing else decide."""
    head, _, body = content.decode("ascii").partition("\r\n\r\n")
    found = re.search(r'boundary="([^"]+)"', re.sub(r"\r\n[ \t]", " ", head))
    if not found:
        return [(re.search(r"(?im)^content-type: ([\w/]+)", head)[1], head, body)]
    pieces = re.split(rf"(?m)^--{re.escape(found[1])}(?:--)?\r\n", body)[1:-1]
    return [leaf for piece in pieces for leaf in _by_hand(piece.removesuffix("\r\n").encode())]


def _leaves(content):
    return [part for part in message_from_bytes(content, policy=policy.default).walk()
            if not part.is_multipart()]  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=300), st.text(max_size=60), st.booleans())
def test_three_readers_agree(text, title, with_photo):
    """A16: our strict reader, the library and a reader by hand see the same parts and words."""
    files = photo() if with_photo else ()
    content = compose_reply(to_buyer(text=text, listing_title=title, files=files)).content
    ours = [part for part in read_parts(content) if not part.kind.startswith("multipart/")]
    library, by_hand = _leaves(content), _by_hand(content)
    assert [part.kind for part in ours] == [part.get_content_type() for part in library]
    assert [part.kind for part in ours] == [kind for kind, _, _ in by_hand]
    for mine, theirs, (_, head, body) in zip(ours, library, by_hand, strict=True):
        decoded = theirs.get_payload(decode=True)
        again = message_from_bytes(f"{head}\r\n\r\n{body}".encode()).get_payload(decode=True)
        assert decoded.rstrip() == again.rstrip()
        seen = mine.data or mine.text.encode().replace(b"\r\n", b"\n").rstrip()
        assert seen == (decoded if mine.data else decoded.replace(b"\r\n", b"\n").rstrip())


@settings(deadline=None, max_examples=60)
@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=200)
)
def test_browser_tree_holds_the_same_words(text):
    """A16: an HTML parser finds the writer's words in one cell, and no element made of them."""
    source = html_of(compose_reply(to_buyer(text=text)).content)
    tree = lxml_html.fromstring(source)
    [cell] = tree.xpath('//td[@class="q"]')
    assert "".join(cell.text_content().split()) == "".join(text.split())
    assert {node.tag for node in cell.iterdescendants()} <= {"br"}


@pytest.mark.parametrize(
    "name", ["La Poste", "Exemple Annonces", "service@banque.example", "a <b@c>"]
)
def test_nobody_signs_as_somebody_else(name):
    """A18: the name bears no address nor the site's own name, and always «via» the site."""
    sender = read(compose_reply(to_buyer(writer_name=name)).content)["From"].addresses[0]
    assert "@" not in sender.display_name
    assert sender.display_name.count("Exemple Annonces") == 1
    assert sender.display_name.endswith("via Exemple Annonces")
