"""The mails as people and their programs get them."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from relay import texts
from relay.mail.compose import NoticeKind, compose_contact, compose_notice, compose_receipt
from tests.unit.mail_samples import (
    CONTACT,
    LINKS,
    NOTICE,
    PAGE_URL,
    RECEIPT,
    contact,
    html_of,
    read,
    shown_of,
    text_of,
)

GOLDEN = Path(__file__).parents[1] / "data" / "golden"
SAMPLES = {
    "contact_fr": compose_contact(CONTACT),
    "contact_en": compose_contact(contact(language="en")),
    "contact_neutral_fr": compose_contact(contact(neutral_subject=True)),
    "contact_next_fr": compose_contact(
        contact(first_in_thread=False, thread_id=CONTACT.message_id)
    ),
    "contact_full_fr": compose_contact(
        contact(email="camille@exemple.fr", advertiser_phone_hidden=False, listing_url=None)
    ),
    "receipt_fr": compose_receipt(RECEIPT),
    "receipt_en": compose_receipt(replace(RECEIPT, language="en")),
    "notice_bounced_fr": compose_notice(NOTICE),
    "notice_delayed_en": compose_notice(
        replace(NOTICE, language="en", kind=NoticeKind.DELAYED, reason="greylisted")
    ),
}
MACHINE_MADE = [name for name in SAMPLES if not name.startswith("contact")]


@pytest.mark.parametrize("name", SAMPLES)
def test_mail_is_the_agreed_one(name):
    """Each mail is, byte for byte, the one that was looked at and kept."""
    assert SAMPLES[name].content == (GOLDEN / f"{name}.eml").read_bytes()


@pytest.mark.parametrize(
    "sentence",
    [
        "Exemple Annonces · annonce n°\u00a048213",
        "Camille vous écrit au sujet de «\u00a0Vélo de ville 28 pouces\u00a0»",
        "Bonjour, le vélo est-il toujours disponible ? Je peux passer samedi matin.",
        "Téléphone de Camille\u00a0: 06 39 98 01 23 · Adresse e-mail\u00a0: masquée",
        "Votre téléphone reste masqué. Un numéro écrit dans votre réponse sera masqué aussi.",
        "Répondez à ce message.",
        "Oui, disponible",
        "Vendu",
        "Signaler un abus",
        "Bloquer Camille",
        "Montrer mon téléphone",
        "Pourquoi ce message, mes droits",
        "Nous ne demandons jamais de paiement ni de coordonnées bancaires par e-mail.",
        "Supprimé le 14/03/2027.",
    ],
)
def test_both_parts_say_everything(sentence):
    """The text part is complete: whoever reads without HTML misses nothing."""
    content = SAMPLES["contact_fr"].content
    assert sentence in text_of(content)
    assert sentence in shown_of(content)


@pytest.mark.parametrize("name", ["available", "sold", "report", "block", "show_phone", "why"])
def test_both_parts_lead_to_every_action(name):
    """Each action can be reached from the text part and from the HTML part."""
    content = SAMPLES["contact_fr"].content
    assert getattr(LINKS, name) in text_of(content)
    assert f'href="{getattr(LINKS, name)}"' in html_of(content)


def test_headers_of_a_contact_mail():
    """The mail comes from the alias, speaks for the buyer and offers the pause in one click."""
    mail = read(SAMPLES["contact_fr"].content)
    assert mail["From"].addresses[0].display_name == "Camille via Exemple Annonces"
    assert mail["From"].addresses[0].addr_spec == CONTACT.from_address
    assert mail["Subject"] == "Vélo de ville 28 pouces\u00a0: message de Camille"
    assert mail["List-Unsubscribe"] == f"<{LINKS.pause}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Reply-To"] is None


def test_person_is_not_marked_as_a_machine():
    """RFC 3834 5.1: a person's words are not auto-generated, or help desks set them aside."""
    assert read(SAMPLES["contact_fr"].content)["Auto-Submitted"] == "no"


@pytest.mark.parametrize("name", MACHINE_MADE)
def test_machine_mail_is_marked(name):
    """A11: receipts and notices say that no person wrote them."""
    assert read(SAMPLES[name].content)["Auto-Submitted"] == "auto-generated"


def test_envelope_is_as_asked():
    """The envelope sender of a contact mail is the signed bounce address."""
    assert SAMPLES["contact_fr"].sender == CONTACT.envelope_sender
    assert SAMPLES["contact_fr"].recipient == CONTACT.recipient


def test_notice_has_the_null_sender():
    """R8: nothing can be sent back to a notice."""
    assert SAMPLES["notice_bounced_fr"].sender == ""


def test_thread_is_kept():
    """R17: a later message answers the first one and keeps its subject."""
    mail = read(SAMPLES["contact_next_fr"].content)
    assert mail["Subject"] == "Re: Vélo de ville 28 pouces\u00a0: message de Camille"
    assert mail["In-Reply-To"] == mail["References"] == CONTACT.message_id


def test_neutral_mail_tells_nothing_before_it_is_opened():
    """A sensitive site's mail shows neither site, listing, people nor text in a notification."""
    content = SAMPLES["contact_neutral_fr"].content
    mail = read(content)
    seen = f"{mail['From'].addresses[0].display_name} {mail['Subject']} {text_of(content)[:150]}"
    seen += shown_of(content).strip()[:150]
    for word in ("Camille", "Vélo", "Exemple", "Bonjour", "48213"):
        assert word not in seen


def test_shown_address_and_number_obey_the_policy():
    """Promise 9: what the site passes on is shown, the rest is neither shown nor offered."""
    content = SAMPLES["contact_full_fr"].content
    assert "Adresse e-mail\u00a0: camille@exemple.fr" in text_of(content)
    assert "Montrer mon téléphone" not in text_of(content) + shown_of(content)


def test_number_that_is_not_passed_on_is_not_mentioned():
    """In alias mode the mail speaks of no phone of the buyer."""
    content = compose_contact(contact(phone=None)).content
    assert "Téléphone de Camille" not in text_of(content) + shown_of(content)


def test_receipt_holds_no_word_of_a_stranger():
    """A5: two receipts differ in their addresses only; no name, title or text can be put in."""
    assert set(type(RECEIPT).__slots__).isdisjoint(
        {"buyer_name", "text", "listing_title", "advertiser_name", "phone"}
    )
    assert "Si ce n’est pas vous" in text_of(SAMPLES["receipt_fr"].content)


@pytest.mark.parametrize("name", MACHINE_MADE)
def test_machine_mail_leads_to_the_private_page(name):
    """Principle 1: whoever wrote can see the state of the message."""
    content = SAMPLES[name].content
    assert PAGE_URL in text_of(content)
    assert f'href="{PAGE_URL}"' in html_of(content)


@pytest.mark.parametrize("language", texts.LANGUAGES)
@pytest.mark.parametrize("kind", list(NoticeKind))
def test_notice_explains_itself(language, kind):
    """Each kind of notice gives the reason in plain words, in both languages."""
    content = compose_notice(replace(NOTICE, language=language, kind=kind)).content
    assert texts.say(language, "replies.mailbox_unknown") in text_of(content)
    assert texts.say(language, "replies.mailbox_unknown") in shown_of(content)


def test_notice_with_a_new_reason_still_leaves():
    """A code without a sentence falls back to the general one."""
    content = compose_notice(replace(NOTICE, reason="of_tomorrow")).content
    assert texts.say("fr", "replies.other") in text_of(content)


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_is_fetched_or_tracked(name):
    """A19: no image, script, style sheet, form or foreign resource."""
    source = html_of(SAMPLES[name].content)
    assert not re.search(
        r"<(img|script|link|iframe|form|object|video|input)\b|url\(|@import|src=", source
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_html_is_accessible(name):
    """Language is declared, layout tables are hidden from screen readers."""
    source = html_of(SAMPLES[name].content)
    assert re.search(r'<html lang="(fr|en)">', source)
    assert source.count("<table") == source.count('<table role="presentation"')
    assert "prefers-color-scheme:dark" in source


def _luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(sign * 2 for sign in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("#1c2330", "#fff"),
        ("#4a5260", "#fff"),
        ("#0b57a4", "#fff"),
        ("#1c2330", "#f1f4f8"),
        ("#fff", "#1a5fb4"),
        ("#e8eaed", "#15181e"),
        ("#b3bac5", "#15181e"),
        ("#9cc2ff", "#15181e"),
        ("#e8eaed", "#222731"),
    ],
)
def test_colours_can_be_read(ink, paper):
    """WCAG 1.4.3: every ink used has a contrast of 4.5 on its paper, light and dark."""
    source = html_of(SAMPLES["contact_fr"].content)
    assert ink in source
    assert paper in source
    light, dark = sorted((_luminance(ink), _luminance(paper)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_links_can_be_tapped():
    """Each link to tap is at least 44 pixels high: line, padding and border."""
    source = html_of(SAMPLES["contact_fr"].content)
    footer = re.findall(r'<a class="l"[^>]*padding:12px 12px 12px 0', source)
    assert len(footer) == 4
    assert 14 * 1.5 + 2 * 12 >= 44
    assert len(re.findall(r"padding:10px 20px;border:2px", source)) == 2
    assert 16 * 1.5 + 2 * 10 + 2 * 2 >= 44


def test_typical_mail_is_light():
    """Budget: a typical mail has 8 kB at most, its HTML 5 kB."""
    content = SAMPLES["contact_fr"].content
    assert len(content) <= 8_000
    assert len(content.partition(b"text/html")[2]) <= 5_000


@pytest.mark.parametrize("text", ["é" * 2000, "😀" * 2000, "é😀" * 1000, "\n" * 2000, "a=" * 1000])
def test_heaviest_mail_stays_within_budget(text):
    """Budget: 2,000 characters of anything make at most 24 kB, and none is lost."""
    content = compose_contact(contact(text=text)).content
    assert len(content) <= 24_000
    assert text.strip() in text_of(content)


@pytest.mark.parametrize("field", ["from_address", "recipient", "envelope_sender"])
@pytest.mark.parametrize(
    "bad", ["a@b.fr\r\nBcc: x@y.fr", "a@b.fr>x", "a b@c.fr", "é@b.fr", "a@b.fr\n"]
)
def test_bad_address_is_refused(field, bad):
    """A2: an address that would be cut on the wire raises."""
    with pytest.raises(ValueError, match="plain"):
        compose_contact(contact(**{field: bad}))


@pytest.mark.parametrize(
    "bad", ["javascript:alert(1)", 'https://x/"onclick="', "https://x/\r\nBcc: y", "//x"]
)
def test_bad_link_of_ours_is_refused(bad):
    """A link of ours that is no plain http address raises."""
    with pytest.raises(ValueError, match="http"):
        compose_contact(contact(links=replace(LINKS, pause=bad)))


@pytest.mark.parametrize(
    "bad", ["javascript:alert(1)", 'https://x/"onclick="', "https://x/\r\nBcc: y", "//x"]
)
def test_bad_link_of_the_site_is_left_out(bad):
    """A listing address that is no plain http address is not passed on; the mail still is."""
    content = compose_contact(contact(listing_url=bad)).content
    assert bad not in html_of(content)
    assert bad not in text_of(content)


def test_plain_http_offers_no_one_click():
    """RFC 8058 3.1: without https there is no one-click field."""
    links = replace(LINKS, pause="http://127.0.0.1:8080/a/pause")
    assert "List-Unsubscribe" not in read(compose_contact(contact(links=links)).content)


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.endswith("_fr")])
def test_french_typography(name):
    """No-break space before : ; ? ! and inside « », curved apostrophe, in our own sentences."""
    ours = re.sub(
        r"https?://\S+|^▌.*$|Bonjour.*", "", text_of(SAMPLES[name].content), flags=re.MULTILINE
    )
    assert not re.search(r"(?<!\u00a0)[;?!»]|(?<!\u00a0):|«(?!\u00a0)|'", ours)
    assert not re.search("invalide|veuillez|désolé|erreur inconnue", ours, re.IGNORECASE)
