"""The sentences of the pages and of the states: both languages, clean typography, none unused."""

import re
import string
import tomllib
from pathlib import Path

import pytest

from relay.texts import LANGUAGES, has, keys
from relay.web.problems import STATUSES

NO_BREAK = "\u00a0"
LOCALE = Path("relay/locale")
ROOMS = ("pages", "states", "consent")
STATES = re.findall(
    r"'([a-z]+)'",
    re.search(
        r"state in \((.+?)\)",
        Path("sql/migrations/0001_house.sql").read_text("utf-8").split("create table outbox")[1],
        re.DOTALL,
    ).group(1),  # type: ignore[union-attr]
)
BANNED = ("invalid", "veuillez", "désolé", "erreur inconnue", "please", "sorry", "unknown error")


def sentences(language: str) -> list[tuple[str, str]]:
    """List every form of every entry with its key."""
    found = []
    for room in ROOMS:
        loaded = tomllib.loads((LOCALE / language / f"{room}.toml").read_text("utf-8"))
        for name, entry in loaded.items():
            forms = [entry] if isinstance(entry, str) else list(entry.values())
            found += [(f"{room}.{name}", form) for form in forms]
    return found


def fillings(form: str) -> set[str]:
    """List the values a sentence needs."""
    return {name for _, name, _, _ in string.Formatter().parse(form) if name}


FRENCH = sentences("fr")
ALL = [(language, *pair) for language in LANGUAGES for pair in sentences(language)]


def test_both_languages_have_the_same_sentences_in_order() -> None:
    """A sentence exists in both languages, and needs the same values in both."""
    french, english = sentences("fr"), sentences("en")
    assert [key for key, _ in french] == [key for key, _ in english]
    for (key, one), (_, other) in zip(french, english, strict=True):
        assert fillings(one) - {"n"} == fillings(other) - {"n"}, key


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", STATES)
def test_every_state_is_explained(language: str, state: str) -> None:
    """A state has a name, what happened, and what to do."""
    for part in ("", "_what", "_do"):
        assert has(language, f"states.{state}{part}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_has_its_sentence(language: str) -> None:
    """What a door can refuse with can be said."""
    assert not [code for code in STATUSES if not has(language, f"problems.{code}")]


def test_french_typography() -> None:
    """No-break spaces, guillemets and apostrophes as French print has them."""
    for key, form in FRENCH:
        assert "'" not in form, key
        assert '"' not in form, key
        assert not re.search(rf"[^{NO_BREAK}][:;?!»]", form.removeprefix(NO_BREAK)), key
        assert not re.search(rf"«[^{NO_BREAK}]", form), key
        assert not re.search(r"\d \d", form), key


def test_sentences_are_plain() -> None:
    """No blame, no begging, no straight quotes."""
    for language, key, form in ALL:
        words = form.casefold()
        assert not [banned for banned in BANNED if banned in words], (language, key)
        assert '"' not in form, (language, key)
        assert "'" not in form, (language, key)


def test_no_sentence_is_unused() -> None:
    """Every sentence of the pages is said by a template, whole or by a name put together."""
    source = "".join(
        file.read_text("utf-8") for file in sorted(Path("relay/templates/web").glob("*.html"))
    )
    stems = re.findall(r'"((?:pages|states)\.[a-z_-]*)"', source)
    whole = set(stems)
    ends = set(re.findall(r'"(_[a-z]+)"', source))
    for key in sorted(keys("fr")):
        if not key.startswith("pages."):
            continue
        built = any(stem.endswith(("_", ".")) and key.startswith(stem) for stem in whole)
        built = built or any(key.removesuffix(end) in whole for end in ends)
        assert key in whole or built, key
