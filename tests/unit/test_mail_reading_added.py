"""Words typed between the lines of our own mail are found, and none of ours is taken for theirs."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from relay import texts
from relay.cpu import cpu_limit
from relay.mail.compose import compose_contact
from relay.mail.forwarded import compose_reply
from relay.mail.reading.added import words_added
from relay.mail.reading.html_text import lines_of_html
from tests.unit.mail_samples import contact
from tests.unit.reply_samples import to_buyer

SAID = (
    "Bonjour,\nle vélo est-il toujours disponible ?\nAvez-vous la facture ?\n\n"
    "Je peux passer samedi matin."
)
HEAD = "De : Camille via Exemple Annonces\nEnvoyé : lundi 23 novembre 2026 09:12\n\n"
NAMES = ("Camille", "Marc", "Exemple Annonces", "Vélo de ville 28 pouces")


def bodies(language: str) -> list[str]:
    """Return our mails of both kinds, as text and as the lines of their HTML."""
    mails = (
        compose_contact(replace(contact(), text=SAID, language=language)),
        compose_reply(to_buyer(text=SAID, language=language)),
    )
    found = []
    for mail in mails:
        parsed = message_from_bytes(mail.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        for kind in ("plain", "html"):
            part = parsed.get_body((kind,))
            assert part is not None
            text = str(part.get_content())
            lines = [line.words for line in lines_of_html(text)] if kind == "html" else [text]
            found.append("\n".join(lines))
    return found


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_we_wrote_is_ours(language: str) -> None:
    """R13: our mail sent back as it was holds nothing of anybody else's."""
    history = to_buyer().history
    for body in bodies(language):
        assert words_added(HEAD + body, [SAID, history], NAMES) == ""


@pytest.mark.parametrize("name", ["Amélie", ""])
def test_our_words_are_ours_whoever_wrote(name: str) -> None:
    """A buyer whose name begins with a vowel, or who gave none, changes our words, not whose."""
    mail = compose_contact(contact(buyer_name=name, text=SAID))
    parsed = message_from_bytes(mail.content, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    part = parsed.get_body(("plain",))
    assert part is not None
    body = str(part.get_content())
    assert ("d’Amélie" in body) == bool(name)
    assert ("Bloquer cet acheteur" in body) == (not name)
    assert words_added(HEAD + body, [SAID], (name, *NAMES[1:])) == ""


@pytest.mark.parametrize("answer", ["Oui, avec la facture.", "Non.", "Samedi me va, à 10 h."])
@pytest.mark.parametrize("after", ["toujours disponible ?", "la facture ?", "samedi matin."])
def test_what_is_typed_in_between_is_found(answer: str, after: str) -> None:
    """R13: an answer typed below a question of an unmarked quote is not lost."""
    for body in bodies("fr"):
        asked = body.replace(after, f"{after}\n{answer}\n", 1)
        if asked != body:
            assert words_added(HEAD + asked, [SAID, to_buyer().history], NAMES) == answer


def test_marked_quotes_are_left_to_the_reader() -> None:
    """Where a sign stands before quoted lines, what has none was found already."""
    marked = "\n".join(f"> {line}" for line in bodies("fr")[0].split("\n"))
    assert words_added(marked, [], NAMES) == ""


def test_another_mail_is_not_looked_through() -> None:
    """What is quoted of somebody else's mail is nobody's answer."""
    assert words_added(f"{HEAD}Bonjour, voici mon numéro de client.\nLéa", [], NAMES) == ""


def test_a_quote_of_known_pairs_takes_no_time() -> None:
    """A26: who types lines of nothing but words we know keeps no worker busy for a minute."""
    intro = texts.say("fr", "mail.intro_first", who="Camille", title="Vélo")
    with cpu_limit(1.5):  # twenty such lines once took nine seconds, and 64 KiB may come
        quoted = "\n".join([intro, *["oui non " * 75] * 20])
        assert words_added(quoted, ["oui non " + "x " * 9000], ()) == ""
