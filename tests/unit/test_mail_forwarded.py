"""The mails that pass a reply on, and those to whoever wrote it."""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay import texts
from relay.mail.disguises import scrub
from relay.mail.egress import leaks
from relay.mail.forwarded import compose_reply, compose_writer_notice
from relay.mail.letters import LeftOut, SafeFile, WriterNoticeKind
from tests.unit.mail_samples import CONTACT, LINKS, html_of, read, shown_of, text_of
from tests.unit.reply_samples import (
    BUYER_LINKS,
    HOP,
    TO_ADVERTISER,
    TO_BUYER,
    WRITTEN,
    photo,
    to_buyer,
)

GOLDEN = Path(__file__).parents[1] / "data" / "golden"


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
WITH_PHOTO = compose_reply(to_buyer(files=photo())).content
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
    [attached] = read(WITH_PHOTO).iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("photo-1.jpg", "image/jpeg")
    assert attached.get_content_disposition() == "attachment"
    assert attached.get_content() == photo()[0].content


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
    content = compose_reply(to_buyer(text=text, files=photo())).content
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
