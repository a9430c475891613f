"""Nothing hidden leaves: the finished bytes are read again."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.mail.compose import compose_contact
from relay.mail.egress import Leak, LeakKind, leaks
from relay.mail.parts import read_parts
from tests.unit.mail_samples import CONTACT, contact

NUMBER = "+33639980199"
ADDRESS = "Marc.Durand@orange.example"
LOCAL = "0639980199"
_UNREADABLE = "no body|no field|twice|does not write|boundary|not closed|base64|padding|mail within"


def _find(text, numbers):
    """Stand for the masking room: numbers written with digits and separators."""
    digits = "".join(sign for sign in text if sign.isdigit())
    return [(0, 0, e164) for e164 in numbers if e164[3:] in digits]


def _look(content):
    return leaks(content, hidden_numbers=[NUMBER], hidden_addresses=[ADDRESS], find=_find)


def _mail(text="Bonjour", html="<p>Bonjour</p>", **fields):
    mail = EmailMessage()
    mail["From"] = "Camille <r-x@relais.example>"
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail.as_bytes(policy=policy.SMTP)


def test_sentences_of_ours_are_not_searched_again():
    """What stands in every mail and holds no figure is left out of the search; nothing else is."""
    asked = []

    def find(text, _numbers):
        asked.append(text)
        return []

    content = compose_contact(contact(text="Vendu : 06 39")).content
    leaks(content, hidden_numbers=[NUMBER], hidden_addresses=[], find=find)
    seen = "\n".join(asked)
    assert "Signaler un abus\u00a0:" not in seen
    assert "Vendu : 06 39" in seen
    assert CONTACT.listing_title in seen


def test_ordinary_mail_is_clean():
    """A mail that shows only what it may show leaves."""
    assert _look(compose_contact(CONTACT).content) == []


@pytest.mark.parametrize(
    "field", ["buyer_name", "listing_title", "listing_ref", "text", "phone", "email"]
)
def test_number_in_any_field_is_found(field):
    """Promise 3: the hidden number is found wherever it slips into a mail of ours."""
    found = _look(compose_contact(contact(**{field: "tel 06 39 98 01 99"})).content)
    assert LeakKind.NUMBER in {leak.kind for leak in found}


@pytest.mark.parametrize("field", ["listing_title", "listing_ref", "text", "phone", "email"])
def test_address_in_any_field_is_found(field):
    """R1: the hidden address is found wherever it slips in, in any case."""
    found = _look(compose_contact(contact(**{field: "voir MARC.durand@ORANGE.example"})).content)
    assert LeakKind.ADDRESS in {leak.kind for leak in found}


@pytest.mark.parametrize(
    ("where", "html"),
    [
        ("html", "<p>06 39 98 01 99</p>"),
        ("html", "<p>06<b>39</b>98<i>01</i>99</p>"),
        ("html", "<p>&#48;6 39 98 01 &#x39;9</p>"),
        ("html", "<p>06\u200b39\u200b98\u200b01\u200b99</p>"),
        ("html", "<p>０６ ３９ ９８ ０１ ９９</p>"),
        ("html", '<p style="display:none">0639980199</p>'),
        ("markup", '<img alt="06 39 98 01 99">'),
        ("links", '<a href="tel:+33639980199">x</a>'),
        ("links", '<a href="tel:%2B33%36%339980199">x</a>'),
        ("links", "<a href=https://x.example/?n=0639980199>x</a>"),
        ("links", '<p data-n="0639980199">x</p>'),
    ],
)
def test_number_in_html_is_found(where, html):
    """R1: entities, tags inside, invisible signs, wide digits and attributes hide no number."""
    assert _look(_mail(html=html)) == [Leak(LeakKind.NUMBER, where)]


@pytest.mark.parametrize(
    ("where", "html"),
    [
        ("html", "<p>marc.durand&#64;orange.example</p>"),
        ("html", "<p>marc<b>.durand</b>@orange.example</p>"),
        ("html", "<p>marc.durand@\u200borange.example</p>"),
        ("html", "<p>marc.durand＠orange.example</p>"),
        ("links", '<a href="mailto:marc.durand%40orange.example">x</a>'),
        ("markup", '<img alt="marc.durand@orange.example">'),
    ],
)
def test_address_in_html_is_found(where, html):
    """R1: the same disguises hide no address."""
    assert _look(_mail(html=html)) == [Leak(LeakKind.ADDRESS, where)]


@pytest.mark.parametrize(
    ("name", "value", "where"),
    [
        ("Subject", "06 39 98 01 99 é", "headers"),
        ("Subject", "voir marc.durand@orange.example é", "headers"),
        ("Cc", "marc.durand@orange.example", "headers"),
        ("Message_ID", "<0639980199@relais.example>", "links"),
        ("X_Phone", "0639980199", "headers"),
    ],
)
def test_header_is_read(name, value, where):
    """R1: every header is read, decoded."""
    assert [leak.where for leak in _look(_mail(**{name: value}))] == [where]


def test_number_in_encoded_text_is_found():
    """A14: transfer encodings hide nothing."""
    for encoding in ("base64", "quoted-printable"):
        mail = EmailMessage()
        mail.set_content("appelez le 06 39 98 01 99 svp, é" * 3, cte=encoding)
        assert _look(mail.as_bytes(policy=policy.SMTP)) == [Leak(LeakKind.NUMBER, "text")]


def test_finding_never_holds_the_value():
    """A37: what is found can be logged."""
    found = _look(_mail(text=f"{LOCAL} {ADDRESS}"))
    assert found
    assert LOCAL not in repr(found)
    assert ADDRESS not in repr(found)


def test_number_outside_a_part_is_found():
    """A16: what stands before the first part and after the last one is read too."""
    content = _mail()
    assert _look(content + b"06 39 98 01 99\r\n") == [Leak(LeakKind.NUMBER, "text")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Subject: x\r\n",
        b"no field\r\n\r\nx",
        b"Subject: x\r\nSubject: y\r\n\r\nx",
        b"Content-Transfer-Encoding: x-uuencode\r\n\r\nx",
        b"Content-Type: multipart/mixed\r\n\r\nx",
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nx\r\n',
        b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nx",
        b"Content-Transfer-Encoding: base64\r\n\r\nx",
    ],
)
def test_what_cannot_be_read_does_not_leave(content):
    """Contract 5: a mail that is not of the plain kind raises, and is held."""
    with pytest.raises(ValueError, match=_UNREADABLE):
        _look(content)


def test_unknown_charset_does_not_leave():
    """A14: a charset nobody knows raises, and the mail is held."""
    with pytest.raises(LookupError):
        _look(b"Content-Type: text/plain; charset=x-none\r\n\r\nx")


def test_empty_hidden_values_find_nothing():
    """An advertiser without an address on file makes no mail suspicious."""
    content = compose_contact(CONTACT).content
    assert leaks(content, hidden_numbers=[], hidden_addresses=["", " "], find=_find) == []


def test_masking_room_is_asked_by_default():
    """The seam: without another finder, the masking room looks for the number."""
    content = compose_contact(contact(text="mon numéro : 06 39 98 01 99")).content
    found = leaks(content, hidden_numbers=[NUMBER], hidden_addresses=[])
    assert Leak(LeakKind.NUMBER, "text") in found


@settings(deadline=None)
@given(st.text(max_size=200), st.text(max_size=60))
def test_both_readers_agree(text, title):
    """A16: our strict reader and the library see the same fields, types and words."""
    content = compose_contact(contact(text=text, listing_title=title)).content
    library = [
        (
            [(name.lower(), str(value).replace("\r\n", "")) for name, value in part.items()],
            part.get_content_type(),
        )
        for part in message_from_bytes(content).walk()
    ]
    ours = [([(n, v) for n, v in part.fields], part.kind) for part in read_parts(content)]
    assert ours == library
    words = [
        part.get_payload(decode=True).decode().replace("\r\n", "\n").rstrip("\n")
        for part in message_from_bytes(content).walk()
        if not part.is_multipart()
    ]
    assert words == [
        part.text.replace("\r\n", "\n").rstrip("\n")
        for part in read_parts(content)
        if not part.kind.startswith("multipart/")
    ]


def test_base64_part_is_read_alike():
    """A16: a heavy text in base64 is the same text to both readers."""
    content = compose_contact(contact(text="é" * 500)).content
    assert b"Content-Transfer-Encoding: base64" in content
    assert any("é" * 500 in part.text for part in read_parts(content))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("image/jpeg", b"AAAA*AAAA"),
        ("image/jpeg", b"AAA=AAAA"),
        ("image/jpeg", b"AAAA====BBBB"),
        ("text/vcard", b"QUFB"),
        ("application/zip", b"QUFB"),
        ("text/calendar", b"QUFB"),
        ("application/pgp-signature", b"QUFB"),
    ],
)
def test_file_that_two_readers_read_differently_does_not_leave(kind, body):
    """A16: base64 with anything but base64 in it, or a kind of part we do not write, raises."""
    content = b"Content-Type: %s\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n"
    with pytest.raises(ValueError, match=r"base64|padding|data|does not write"):
        list(read_parts(content % (kind.encode(), body)))


def test_short_token_is_refused():
    """A token of ours that would be found by chance everywhere is a fault of the caller."""
    with pytest.raises(ValueError, match="too short"):
        leaks(_mail(), hidden_numbers=[], hidden_addresses=[], hidden_tokens=["r-abc"])


def test_one_word_is_no_name():
    """A first name alone is not looked for: it is often the pseudonym that is shown."""
    names = ["Camille", "Li Na", ""]
    assert leaks(_mail(text="Camille, Li Na"), hidden_numbers=[], hidden_addresses=[],
                 hidden_names=names) == []  # fmt: skip


@pytest.mark.parametrize(
    "source",
    [
        "<p>marc.<span hidden>xx</span>durand@orange.example</p>",
        "<p>marc.<i style='opacity:0'>x<i>y</i>z</i>durand@orange.example</p>",
        "<p>marc.\n<div style='display:none'>x</div>durand@orange.example</p>",
    ],
)
def test_what_the_eye_does_not_see_hides_nothing(source):
    """R1: nodes kept from the eye between the letters of an address do not break it."""
    assert _look(_mail(html=source)) == [Leak(LeakKind.ADDRESS, "html")]


@settings(deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_disguise_is_seen_through_amid_any_words(before, after):
    """R1: an address in capitals and pieces is found whatever stands around it."""
    text = f"{before} M A R C . durand (at) orange point example {after}"
    found = _look(compose_contact(contact(text=text)).content)
    assert LeakKind.ADDRESS in {leak.kind for leak in found}
