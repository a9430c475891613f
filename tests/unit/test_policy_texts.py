"""The sentences of policies, privacy pages and proofs: two languages, clean, none unused."""

import re
import string
import tomllib
from pathlib import Path

import pytest

from relay.register import CLASSES, Entry
from relay.texts import LANGUAGES

NO_BREAK = "\u00a0"
LOCALE = Path("relay/locale")
USERS = (
    *Path("relay/policy").glob("*.py"),
    Path("relay/promises.py"),
    Path("relay/register.py"),
    Path("relay/templates/web/privacy.html"),
)
# Keys that are put together from a word of the policy.
MADE = (
    *("class", "why", "basis", "whom", "files", "right"),
    *("register", "activity", "recipients"),
)


def sentences(language: str, room: str) -> dict[str, str]:
    """Return every entry, plural forms joined."""
    loaded = tomllib.loads((LOCALE / language / f"{room}.toml").read_text("utf-8"))
    return {
        name: entry if isinstance(entry, str) else "\n".join(entry.values())
        for name, entry in loaded.items()
    }


def fillings(form: str) -> set[str]:
    """List the values a sentence needs."""
    return {name for _, name, _, _ in string.Formatter().parse(form) if name}


@pytest.mark.parametrize("room", ["policy", "privacy"])
def test_both_languages_say_the_same(room: str) -> None:
    """A sentence exists in both languages, in the same order, and needs the same values."""
    french, english = sentences("fr", room), sentences("en", room)
    assert list(french) == list(english)
    for name, sentence in french.items():
        assert fillings(sentence) - {"n"} == fillings(english[name]) - {"n"}, name


@pytest.mark.parametrize("room", ["policy", "privacy"])
def test_french_typography(room: str) -> None:
    """No-break spaces, guillemets and apostrophes as French print has them; no banned word."""
    for name, sentence in sentences("fr", room).items():
        assert not re.search(rf"(?<!{NO_BREAK})(?<!mailto)[:;?!»](?!//)", sentence), name
        assert not re.search(rf"«[^{NO_BREAK}]", sentence), name
        assert "'" not in sentence, name
        assert not re.search("invalide|veuillez|désolé", sentence.casefold()), name


def test_no_sentence_is_left_over() -> None:
    """Every sentence of the privacy room is named by the code or made from a word of the policy."""
    code = "\n".join(path.read_text("utf-8") for path in USERS)
    for name in sentences("fr", "privacy"):
        made = name.partition("_")[0] in MADE
        assert made or re.search(rf"\b{name}\b", code), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_class_and_column_has_its_words(language: str) -> None:
    """Each class of data and each column of the register is named in both languages."""
    told = sentences(language, "privacy")
    for name in CLASSES:
        assert {f"class_{name}", f"why_{name}", f"activity_{name}"} <= set(told)
    assert {f"register_{field}" for field in Entry.__slots__} <= set(told)
