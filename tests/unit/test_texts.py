"""Sentences in two languages, dates, and the choice of a language."""

import re
import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.texts import LANGUAGES, _catalogue, best_language, clock, day, has, keys, raw, say, span

AT = datetime(2027, 3, 14, 13, 5, tzinfo=UTC)


def test_both_languages_say_the_same() -> None:
    """Every entry stands in both languages."""
    assert keys("fr") == keys("en")


def test_same_fillings() -> None:
    """An entry has the same forms and fillings in both languages."""
    for key in keys("fr"):
        entries = [_catalogue(language)[key] for language in LANGUAGES]
        forms = [[entry] if isinstance(entry, str) else list(entry.values()) for entry in entries]
        names = [
            {name for form in some for _, name, _, _ in string.Formatter().parse(form) if name}
            for some in forms
        ]
        assert names[0] == names[1], key
        assert type(entries[0]) is type(entries[1]), key


@pytest.mark.parametrize(
    ("accepted", "wanted"),
    [
        ("", "fr"),
        ("en", "en"),
        ("en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("de,en;q=0.5,fr;q=0.7", "fr"),
        ("fr;q=0,en;q=0.1", "en"),
        ("de", "fr"),
        ("*", "fr"),
        ("en;q=nan", "fr"),
        ("EN-us", "en"),
        (";;;,,,", "fr"),
    ],
)
def test_language_of_a_header(accepted: str, wanted: str) -> None:
    """The best language both sides know is chosen, French when there is none."""
    assert best_language(accepted) == wanted


@given(st.text())
def test_any_header(accepted: str) -> None:
    """Any header chooses one of the languages."""
    assert best_language(accepted) in LANGUAGES


def test_plural() -> None:
    """French counts 0 and 1 as one, English 1 only."""
    assert say("fr", "problems.title", n=1) == "Il y a 1 point à corriger"
    assert "0 point " in say("fr", "problems.title", n=0)
    assert say("en", "problems.title", n=0) != say("en", "problems.title", n=1).replace("1", "0")


def test_english_has_one_word_for_mail_and_for_an_ad() -> None:
    """People read of an email and an ad; only staff and site developers read of a listing."""
    for key in keys("en"):
        said = re.sub(r"\{\w+\}", "", " ".join(raw("en", key))).lower()
        assert "e-mail" not in said, key
        if key.split(".")[0] in ("pages", "states", "replies", "exchange", "mail", "rights"):
            assert "listing" not in said, key


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("Camille", "message de Camille"),
        ("Amélie", "message d’Amélie"),
        ("élodie", "message d’élodie"),
        ("Yves", "message d’Yves"),
        ("Yann", "message de Yann"),
        ("Hassan", "message de Hassan"),
        ("un acheteur", "message d’un acheteur"),
        ("أمينة", "message de أمينة\u200e"),
        ("", "message de "),
    ],
)
def test_french_elides_before_a_vowel(who: str, said: str) -> None:
    """«De» loses its vowel before another: message d’Amélie, but de Camille, de Yann."""
    assert say("fr", "mail.subject", title="Vélo", who=who) == f"Vélo\u00a0: {said}"


def test_french_elides_before_the_name_of_a_site() -> None:
    """«Que» loses its vowel too, and a site is named as anybody is."""
    assert say("fr", "privacy.lead", site="Exemple").startswith("Ce qu’Exemple fait")
    assert say("fr", "privacy.lead", site="Zone").startswith("Ce que Zone fait")
    assert "annonceur d’Exemple." in say("fr", "exchange.why_reason", site="Exemple")


def test_whoever_begins_a_sentence_has_a_capital() -> None:
    """A person of whom no name is known is described in lower case, but not at the beginning."""
    assert say("fr", "mail.intro_first", who="un acheteur", title="Vélo").startswith("Un acheteur")
    said = say("fr", "pages.report_what", who="cet acheteur")
    assert said.startswith("Une personne du site lira le message de cet acheteur et décidera. Cet")
    assert say("en", "mail.phone", who="a buyer", phone="1").startswith("A buyer’s phone")


def test_days_and_clocks() -> None:
    """Dates and times are written as people write them there, in the site's zone."""
    assert (day("fr", AT), day("en", AT)) == ("14/03/2027", "14 March 2027")
    assert clock("fr", AT) == "14:05"
    assert day("fr", datetime(2027, 3, 14, 23, 30, tzinfo=UTC)) == "15/03/2027"


def test_spans() -> None:
    """How long there is still is said in the largest unit."""
    assert span("fr", timedelta(hours=22)) == "dans 22 heures"
    assert span("en", timedelta(minutes=15)) == "in 15 minutes"


def test_missing() -> None:
    """A missing entry or filling is a fault of ours, told at once."""
    assert not has("fr", "problems.nothing_of_the_kind")
    with pytest.raises(KeyError):
        say("fr", "problems.nothing_of_the_kind")
    with pytest.raises(KeyError):
        say("fr", "problems.email_domain_unknown")
