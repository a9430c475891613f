"""Which part of a mail is the answer, in any charset and form, and what is never passed on."""

import base64
import unicodedata

import pytest

from relay.mail.reading.charsets import decoded
from relay.mail.reading.flowed import unflowed
from tests.unit.test_mail_replies import read

ACCENTS = "Ça coûte 80 € à Nîmes, œuf compris"


def multipart(kind: str, *parts: str) -> bytes:
    """A multipart mail of *parts*, each with its own header."""
    body = "".join(f"--b\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="b"\n\n{body}--b--\n'.encode()


def part(kind: str, body: str, *fields: str) -> str:
    """One part with its header."""
    return "\n".join([f"Content-Type: {kind}", *fields, "", body])


OUI = part("text/plain; charset=utf-8", "Oui, samedi.")


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (ACCENTS.encode(), "utf-8"),
        (ACCENTS.encode(), "iso-8859-1"),
        (ACCENTS.encode(), "us-ascii"),
        (ACCENTS.encode(), "unknown-8bit"),
        (ACCENTS.encode(), None),
        (ACCENTS.encode("cp1252"), "iso-8859-1"),
        (ACCENTS.encode("cp1252"), "utf-8"),
        (ACCENTS.encode("cp1252"), "iso-8859-15"),
        (ACCENTS.encode("iso-8859-15"), "ISO-8859-15"),
        (ACCENTS.encode("utf-16"), "utf-16"),
        (ACCENTS.encode("utf-16-le"), "utf-16"),
        (ACCENTS.encode("utf-16-be"), "utf-16"),
        (ACCENTS.encode("utf-8-sig"), "utf-8"),
        (ACCENTS.encode(), "utf-16"),
        (ACCENTS.encode(), "utf-7"),
        (ACCENTS.encode(), "rot13\x00" * 30),
    ],
)
def test_accents_come_through_whatever_the_label(content: bytes, declared: str | None) -> None:
    """R12 and A14: the text is right whether its label is right, wrong, unknown or missing."""
    assert decoded(content, declared) == ACCENTS


def test_utf_7_is_never_decoded() -> None:
    """A14: words hidden in utf-7 stay as they are written."""
    assert decoded(b"+ADA-6 39 98 12 34", "utf-7") == "+ADA-6 39 98 12 34"


def test_text_is_composed_with_one_kind_of_line_end() -> None:
    """R12: the text is NFC, its lines end with LF, whatever the sender used."""
    raw = unicodedata.normalize("NFD", "été\r\nhiver\rcafé").encode()
    assert decoded(raw, "utf-8") == "été\nhiver\ncafé"


def test_quoted_printable_under_a_wrong_label_is_read() -> None:
    """R12: a gateway that dropped the label of quoted-printable does not spoil the accents."""
    mail = b"Content-Type: text/plain; charset=utf-8\n\nC'est not=C3=A9, =C3=A0 samedi=20=\n matin"
    assert read(mail).text == "C'est noté, à samedi  matin"


def test_a_web_address_is_no_quoted_printable() -> None:
    """R12: an equals sign in an address stays."""
    mail = b"Content-Type: text/plain\n\nVoir https://site.example/?a=20&b=3D"
    assert read(mail).text == "Voir https://site.example/?a=20&b=3D"


@pytest.mark.parametrize(
    ("flowed", "deletes_space", "text"),
    [
        ("un \ndeux\ntrois", False, "un deux\ntrois"),
        ("dis \nponible", True, "disponible"),
        ("> un \n> deux\ntrois", False, "> un deux\ntrois"),
        ("un \n-- \nMarc", False, "un \n-- \nMarc"),
        (" >pas une citation", False, ">pas une citation"),
        ("un \n> deux", False, "un \n> deux"),
    ],
)
def test_flowed_lines_are_joined(flowed: str, deletes_space: bool, text: str) -> None:  # noqa: FBT001
    """RFC 3676: soft line ends go, quotes, signatures and stuffed lines stay."""
    assert unflowed(flowed, deletes_space=deletes_space) == text


def test_the_plain_form_is_preferred() -> None:
    """Of two forms of one text the plain one is read."""
    mail = multipart("alternative", OUI, part("text/html", "<p>Oui, <b>samedi</b>.</p>"))
    assert read(mail).text == "Oui, samedi."


@pytest.mark.parametrize("stub", ["", " \n", "Votre logiciel de messagerie n'affiche pas le HTML"])
def test_a_plain_form_without_words_is_passed_over(stub: str) -> None:
    """A plain part that is empty or only points at the other form is not the answer."""
    html = part("text/html; charset=utf-8", "<p>Oui, le vélo est à vous dès demain.</p>")
    mail = multipart("alternative", part("text/plain; charset=utf-8", stub), html)
    assert read(mail).text == "Oui, le vélo est à vous dès demain."


def test_several_text_parts_are_read_in_order() -> None:
    """Apple Mail cuts the text around a picture: no half is lost."""
    picture = part("image/png", "aGVsbG8=", "Content-Transfer-Encoding: base64")
    reply = read(multipart("mixed", OUI, picture, part("text/plain", "Voir la photo.")))
    assert reply.text == "Oui, samedi.\nVoir la photo."
    assert [(one.kind, one.content) for one in reply.attachments] == [("image/png", b"hello")]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("attachment; filename*=utf-8''v%C3%A9lo.jpg", "vélo.jpg"),
        ("attachment; filename*0*=utf-8''v%C3%A9; filename*1*=lo.jpg", "vélo.jpg"),
        ("attachment; filename==?utf-8?B?dsOpbG8uanBn?=", "vélo.jpg"),
        ('attachment; filename="=?iso-8859-1?Q?v=E9lo=2Ejpg?="', "vélo.jpg"),
        ("attachment; filename=\"utf-8''v%C3%A9lo.jpg\"", "vélo.jpg"),
        ('attachment; filename="vélo.jpg"', "vélo.jpg"),
        ('attachment; filename="gpj.\u202eexe"', "gpj. exe"),
        ("attachment", ""),
    ],
)
def test_file_names_are_read_however_they_are_written(disposition: str, name: str) -> None:
    """A15: one name, decoded, without direction marks."""
    fields = (f"Content-Disposition: {disposition}", "Content-Transfer-Encoding: base64")
    reply = read(multipart("mixed", OUI, part("image/jpeg", "aGVsbG8=", *fields)))
    assert [one.name for one in reply.attachments] == [name]


@pytest.mark.parametrize(
    ("kind", "body", "dropped"),
    [
        ("text/vcard", "BEGIN:VCARD\nEND:VCARD", "vcard"),
        ('text/x-vcard; name="marc.vcf"', "BEGIN:VCARD", "vcard"),
        ('application/octet-stream; name="marc.VCF"', "x", "vcard"),
        ("application/pgp-keys", "x", "key"),
        ('text/plain; name="k.asc"', "-----BEGIN PGP PUBLIC KEY BLOCK-----", "key"),
        ("application/pgp-signature", "x", "signature"),
        ("application/x-pkcs7-signature; name=smime.p7s", "x", "signature"),
        ("text/calendar; method=REPLY", "BEGIN:VCALENDAR", "calendar"),
        ('application/octet-stream; name="rdv.ics"', "x", "calendar"),
        ("message/rfc822", "Subject: x\n\nautre mail", "mail"),
        ("application/pkcs7-mime; name=smime.p7m", "x", "encrypted"),
        ("application/pgp-encrypted", "Version: 1", "encrypted"),
    ],
)
def test_what_identifies_a_person_is_dropped(kind: str, body: str, dropped: str) -> None:
    """R2: cards, keys, signatures, calendars and whole mails are no attachments, and said so."""
    reply = read(multipart("mixed", OUI, part(kind, body)))
    assert (reply.text, reply.attachments, reply.dropped) == ("Oui, samedi.", (), (dropped,))


def test_a_signed_text_is_read_without_its_armour() -> None:
    """R2: OpenPGP in the text itself goes, the words it signs stay."""
    body = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOui, samedi.\n- -- et dimanche\n"
        "-----BEGIN PGP SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----\n"
    )
    reply = read(part("text/plain", body).encode())
    assert (reply.text, reply.dropped) == ("Oui, samedi.\n-- et dimanche", ("signature",))


def test_a_multipart_without_boundary_is_read_as_text() -> None:
    """A16: a broken frame loses no words."""
    assert read(b"Content-Type: multipart/mixed\n\nOui, samedi.").text == "Oui, samedi."


def test_hidden_words_of_html_are_not_the_answer() -> None:
    """What the author could not see is not passed on."""
    html = "<div style='display:none'>caché</div><style>x</style><p>Oui<!-- non --></p>"
    assert read(part("text/html", html).encode()).text == "Oui"


def test_html_keeps_lists_tables_links_and_emoji() -> None:
    """What a person sees of HTML is in the text."""
    html = (
        "<p>Voici :</p><ul><li>un</li><li>deux</li></ul><ol><li>a</li><li>b</li></ol>"
        "<table><tr><td>Taille</td><td>54</td></tr><tr><td>Prix</td><td>120</td></tr></table>"
        '<p><a href="https://site.example/x">ici</a> <img alt="😀" src="cid:e"></p>'
    )
    assert read(part("text/html; charset=utf-8", html).encode()).text == (
        "Voici :\n\n- un\n- deux\n\n1. a\n2. b\n\nTaille  54\nPrix  120\n\n"
        "ici <https://site.example/x> 😀"
    )


def test_html_nested_without_end_keeps_its_words() -> None:
    """A16: HTML nested thousands deep, which the parser gives up on, loses no words."""
    html = "<p>Oui</p>" + "<div>" * 5000 + "samedi" + "</div>" * 5000
    assert read(part("text/html", html).encode()).text.split() == ["Oui", "samedi"]


def test_base64_that_is_damaged_is_read_as_far_as_it_goes() -> None:
    """F45: a damaged body is no crash."""
    body = base64.b64encode(b"Oui, samedi.").decode()[:-3] + "*!"
    mail = part("text/plain", body, "Content-Transfer-Encoding: base64")
    assert read(mail.encode()).text
