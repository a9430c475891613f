"""The mails that pass a reply on, and those to whoever wrote it."""

import io
import re
from dataclasses import fields, replace
from email import message_from_bytes, policy
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html
from PIL import Image

from relay import texts
from relay.mail.attachments import Allowed, clean
from relay.mail.disguises import scrub
from relay.mail.egress import leaks
from relay.mail.forwarded import compose_reply, compose_writer_notice
from relay.mail.letters import LeftOut, SafeFile, WriterNoticeKind
from relay.mail.parts import read_parts
from relay.mail.reading.values import Attachment
from tests.unit.mail_samples import CONTACT, LINKS, html_of, read, shown_of, text_of
from tests.unit.reply_samples import BUYER_LINKS, HOP, TO_ADVERTISER, TO_BUYER, WRITTEN, to_buyer

GOLDEN = Path(__file__).parents[1] / "data" / "golden"


@cache
def _photo():
    file = io.BytesIO()
    Image.new("RGB", (30, 20), "green").save(file, "JPEG", comment=b"0639980199")
    return clean([Attachment("moi.jpg", "image/jpeg", file.getvalue())], allowed=Allowed()).files


def _written(**changes):
    return compose_writer_notice(replace(WRITTEN, **changes))


SAMPLES = {
    "reply_buyer_fr": compose_reply(TO_BUYER),
    "reply_buyer_en": compose_reply(to_buyer(language="en", left_out=("vcard", "pdf"))),
    "reply_advertiser_fr": compose_reply(TO_ADVERTISER),
    "reply_automatic_fr": compose_reply(to_buyer(automatic=True, history="")),
    "reply_neutral_fr": compose_reply(to_buyer(neutral_subject=True)),
    "written_number_fr": _written(),
    "written_number_en": _written(language="en", left_out=("signature",)),
    "written_address_fr": _written(kind=WriterNoticeKind.ADDRESS_MASKED, page_url=None),
    "written_files_fr": _written(
        kind=WriterNoticeKind.FILES_LEFT_OUT, left_out=("vcard", "too_large", "of_tomorrow")
    ),
    "written_you_fr": _written(kind=WriterNoticeKind.IS_IT_YOU),
    "written_you_en": _written(kind=WriterNoticeKind.IS_IT_YOU, language="en"),
    "written_neutral_fr": _written(neutral_subject=True),
}
WITH_PHOTO = compose_reply(to_buyer(files=_photo())).content
REPLIES = [name for name in SAMPLES if name.startswith("reply")]
NOTICES = [name for name in SAMPLES if name.startswith("written")]


@pytest.mark.parametrize("name", SAMPLES)
def test_mail_is_the_agreed_one(name):
    """Each mail is, byte for byte, the one that was looked at and kept."""
    assert SAMPLES[name].content == (GOLDEN / f"{name}.eml").read_bytes()


@pytest.mark.parametrize("name", SAMPLES)
def test_header_holds_our_fields_only(name):
    """Item 4, R3: an allow-list of fields, each once; no copy, no other answer address."""
    names = read(SAMPLES[name].content).keys()
    allowed = {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "In-Reply-To",
        "References", "List-Unsubscribe", "List-Unsubscribe-Post", "X-Relais-Hop",
        "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert set(names) <= allowed
    assert len(names) == len(set(names))


def test_sender_is_the_alias_under_the_pseudonym():
    """R2, R17: the writer is shown by pseudonym, through the alias of the conversation."""
    sender = read(SAMPLES["reply_buyer_fr"].content)["From"].addresses[0]
    assert sender.display_name == "Marc via Exemple Annonces"
    assert sender.addr_spec == TO_BUYER.from_address


def test_thread_of_the_advertiser_is_kept():
    """R17: same subject as the contact mail, ids of ours only, the last one answered."""
    mail = read(SAMPLES["reply_advertiser_fr"].content)
    assert mail["Subject"] == "Re: Vélo de ville 28 pouces\u00a0: message de Camille"
    assert mail["References"].split() == list(TO_ADVERTISER.references)
    assert mail["In-Reply-To"] == TO_ADVERTISER.references[-1]
    assert CONTACT.message_id in mail["References"]


def test_long_thread_is_bounded():
    """A header stays small: the first id and the last nineteen."""
    ids = tuple(f"<m{at}@relais.example>" for at in range(100))
    mail = read(compose_reply(to_buyer(references=ids)).content)
    assert mail["References"].split() == [ids[0], *ids[-19:]]


def test_person_and_machine_are_told_apart():
    """A11: a person's reply is not machine mail; an absence notice and our notices are."""
    assert read(SAMPLES["reply_buyer_fr"].content)["Auto-Submitted"] == "no"
    assert read(SAMPLES["reply_automatic_fr"].content)["Auto-Submitted"] == "auto-replied"
    assert {read(SAMPLES[name].content)["Auto-Submitted"] for name in NOTICES} == {"auto-replied"}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_mail_bears_the_hop_mark(name):
    """R8, A10: a mail of ours that comes back is recognised."""
    assert read(SAMPLES[name].content)["X-Relais-Hop"] == HOP


def test_notice_has_the_null_sender():
    """R8: nothing can be sent back to a notice; a reply bears its bounce address."""
    assert {SAMPLES[name].sender for name in NOTICES} == {""}
    assert SAMPLES["reply_buyer_fr"].sender == TO_BUYER.envelope_sender


def test_pause_is_offered_to_advertisers_only():
    """RFC 8058: the pause in one click is for the ad, a buyer ends the conversation instead."""
    assert read(SAMPLES["reply_advertiser_fr"].content)["List-Unsubscribe"] == f"<{LINKS.pause}>"
    assert read(SAMPLES["reply_buyer_fr"].content)["List-Unsubscribe"] is None


@pytest.mark.parametrize("link", [getattr(BUYER_LINKS, n) for n in BUYER_LINKS.__slots__])
def test_both_parts_lead_to_every_action(link):
    """Each action of the buyer can be reached from the text part and from the HTML part."""
    content = SAMPLES["reply_buyer_fr"].content
    assert link in text_of(content)
    assert f'href="{link}"' in html_of(content)


@pytest.mark.parametrize("show", [text_of, shown_of])
def test_both_parts_say_everything(show):
    """R18, R21: words, short history and what stayed behind are in both parts."""
    seen = show(SAMPLES["reply_buyer_en"].content)
    for words in (TO_BUYER.text, TO_BUYER.history, "You wrote:", "business card, PDF file"):
        assert words in seen


def test_history_is_short():
    """R18: a long earlier message is cut at a word and marked as cut."""
    content = compose_reply(to_buyer(history="mot " * 1_000)).content
    assert "mot …" in text_of(content)
    assert len(text_of(content)) < 2_000


def test_footer_cannot_be_forged():
    """Each line of a person's words, and of the history, bears the bar."""
    content = compose_reply(to_buyer(text="a\n--\nb", history="c\n--\nd")).content
    text = read(content).get_body(("plain",)).get_content()
    for line in ("a", "--", "b", "c", "d"):
        assert f"▌ {line}\n" in text.replace("\r\n", "\n")


def test_neutral_mail_tells_nothing_before_it_is_opened():
    """A sensitive site's mail shows neither site, listing, people nor text in a notification."""
    for name in ("reply_neutral_fr", "written_neutral_fr"):
        content = SAMPLES[name].content
        mail = read(content)
        seen = f"{mail['From'].addresses[0].display_name} {mail['Subject']}"
        seen += text_of(content)[:150] + shown_of(content).strip()[:150]
        for word in ("Camille", "Marc", "Vélo", "Exemple", "Bonjour", "48213"):
            assert word not in seen


def test_writer_notice_holds_no_word_of_the_reply():
    """Item 2: whoever is asked «C’est bien moi» is shown nothing of what a stranger wrote."""
    assert "text" not in {field.name for field in fields(WRITTEN)}
    assert "C’est bien moi" in text_of(SAMPLES["written_you_fr"].content)
    assert "Montrer à Camille" in text_of(SAMPLES["written_number_fr"].content)


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("kind", WriterNoticeKind)
def test_each_notice_can_be_written(language, kind):
    """Each kind is told in both languages, with every reason a file stays behind for."""
    content = _written(kind=kind, language=language, left_out=tuple(LeftOut)).content
    assert texts.say(language, "reply.left_too_large") in text_of(content)
    assert texts.say(language, "reply.left_too_large") in shown_of(content)


def test_photo_is_attached_under_our_name():
    """Item 4: a file leaves as an attachment with a name of ours."""
    [photo] = read(WITH_PHOTO).iter_attachments()
    assert (photo.get_filename(), photo.get_content_type()) == ("photo-1.jpg", "image/jpeg")
    assert photo.get_content_disposition() == "attachment"
    assert photo.get_content() == _photo()[0].content


@pytest.mark.parametrize(
    "name", ["a.jpg", "photo-1.jpg\r\nX: y", 'photo-1.jpg"', "photo-1.jpeg", ""]
)
def test_file_name_of_anybody_else_is_refused(name):
    """A15: whatever the caller hands in, only a name of ours stands in the header."""
    with pytest.raises(ValueError, match="file name"):
        compose_reply(to_buyer(files=(SafeFile(name, "image/jpeg", b"x"),)))


@pytest.mark.parametrize("name", SAMPLES)
def test_ordinary_mail_is_clean_and_light(name):
    """Nothing is found in an ordinary mail; it has 8 kB at most."""
    content = SAMPLES[name].content
    hidden = ["marc.durand@orange.example"]
    assert leaks(content, hidden_numbers=["+33639980199"], hidden_addresses=hidden) == []
    assert len(content) <= 8_000


def test_heavy_text_loses_the_html_not_a_word():
    """Budget: a long reply leaves without its HTML part rather than above 24 kB."""
    text = "é" * 9_000
    content = compose_reply(to_buyer(text=text, files=_photo())).content
    assert text in text_of(content)
    assert html_of(content) == ""


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_is_fetched_or_tracked(name):
    """A19: no image, script, style sheet, form or foreign resource."""
    source = html_of(SAMPLES[name].content)
    assert not re.search(
        r"<(img|script|link|iframe|form|object|video|input)\b|url\(|@import|src=", source
    )


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.endswith("_fr")])
def test_french_typography(name):
    """No-break space before : ; ? ! and inside « », curved apostrophe, in our own sentences."""
    text = read(SAMPLES[name].content).get_body(("plain",)).get_content()
    ours = re.sub(r"https?://\S+|^▌.*$", "", text, flags=re.MULTILINE)
    assert not re.search(r"(?<!\u00a0)[;?!»]|(?<!\u00a0):|«(?!\u00a0)|'", ours)
    assert not re.search("invalide|veuillez|désolé|erreur inconnue", ours, re.IGNORECASE)


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
    assert mail.keys() == read(SAMPLES["reply_buyer_fr"].content).keys()
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
    files = _photo() if with_photo else ()
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


@settings(deadline=None)
@given(st.text(max_size=300))
def test_scrubbing_leaves_other_words_alone(text):
    """What holds nothing known is not changed by a sign; scrubbing twice changes nothing."""
    secrets = {"addresses": ["marc.durand@orange.example"], "tokens": ["r-w5mzt7ah4n6jr8cyk3v9"]}
    assert scrub(text, **secrets, sign="[…]") == text
    mixed = f"{text} marc.durand@orange.example {text}"
    once = scrub(mixed, **secrets, sign="[…]")
    assert once == f"{text} […] {text}" == scrub(once, **secrets, sign="[…]")


def test_masking_room_that_fails_holds_the_mail():
    """F47: an exception of the finder is not swallowed: the caller holds the mail."""

    def broken(text, number):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        leaks(WITH_PHOTO, hidden_numbers=["+33639980199"], hidden_addresses=[], find=broken)
