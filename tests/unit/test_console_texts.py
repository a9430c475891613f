"""The sentences of the console: both languages, clean typography, all used, none missing."""

import re
import string
import tomllib
from pathlib import Path

import pytest

from relay.desk import Action, Category, Source, State
from relay.lookup import Field, Kind
from relay.permissions import Role
from relay.policy.model import Kept, Retention
from relay.web.console.settings import KEPT

NO_BREAK = "\u00a0"
LOCALE = Path("relay/locale")
BANNED = ("invalid", "veuillez", "désolé", "erreur inconnue", "please", "sorry", "unknown error")
PLACES = (Path("relay/templates/console"), Path("relay/web/console"))
FILES = ("console", "overview")
USED = {
    key
    for place in PLACES
    for file in place.iterdir()
    if file.suffix in (".html", ".py")
    for key in re.findall(rf"[\"']((?:{'|'.join(FILES)})\.\w+)", file.read_text("utf-8"))
}
ENUMS = {"role": Role, "kind": Kind, "category": Category, "case": State, "source": Source}


def entries(language: str) -> dict[str, list[str]]:
    """Read the forms of every sentence."""
    return {
        f"{file}.{key}": [entry] if isinstance(entry, str) else list(entry.values())
        for file in FILES
        for key, entry in tomllib.loads(
            (LOCALE / language / f"{file}.toml").read_text("utf-8")
        ).items()
    }


def fillings(forms: list[str]) -> set[str]:
    """List the values a sentence needs."""
    return {name for form in forms for _, name, _, _ in string.Formatter().parse(form) if name}


FRENCH, ENGLISH = entries("fr"), entries("en")


def test_both_languages_say_the_same() -> None:
    """A sentence exists in both languages, in the same order, with the same values."""
    assert list(FRENCH) == list(ENGLISH)
    assert {key: fillings(forms) for key, forms in FRENCH.items()} == {
        key: fillings(forms) for key, forms in ENGLISH.items()
    }


def test_french_typography() -> None:
    """No-break spaces, guillemets and apostrophes as French print has them."""
    for key, forms in FRENCH.items():
        for form in forms:
            if len(form) > 1:
                assert "'" not in form, key
                assert not re.search(rf"[^{NO_BREAK}][:;?!»]", form), key
                assert not re.search(rf"«[^{NO_BREAK}]", form), key


def test_no_empty_politeness() -> None:
    """A sentence says what happened and what to do, and no word that says neither."""
    for key in FRENCH:
        for form in (*FRENCH[key], *ENGLISH[key]):
            assert not [word for word in BANNED if word in form.lower()], key


@pytest.mark.parametrize("prefix", ENUMS)
def test_every_value_has_its_word(prefix: str) -> None:
    """A role, kind, category, state or source is shown by its word."""
    assert {f"console.{prefix}_{one.value}" for one in ENUMS[prefix]} <= set(FRENCH)


def test_every_act_and_field_has_its_word() -> None:
    """What was done, and what can be opened, is shown by its word."""
    words = {f"console.action_{one}" for one in Action}
    words |= {f"console.field_of_{one}" for one in Field}
    assert words <= set(FRENCH)


def test_every_class_kept_is_shown() -> None:
    """The settings show how long each class of a policy is kept, by its word."""
    classes = {name for name, one in Retention.model_fields.items() if one.annotation is Kept}
    assert set(KEPT) == classes
    assert {f"overview.class_{name}" for name in KEPT} <= set(FRENCH)


def test_none_is_missing_and_none_unused() -> None:
    """Every sentence the pages ask for exists, and each is asked for, whole or by its beginning."""
    prefixes = {key for key in USED if key.endswith("_")}
    asked = {key for key in FRENCH if key in USED or any(map(key.startswith, prefixes))}
    assert set(FRENCH) - asked == set()
    assert {key for key in USED - prefixes if key not in FRENCH} == set()


def test_a_fact_and_its_name_stand_together() -> None:
    """In a list of facts each name has its value in the same cell of the grid."""
    for file in sorted(PLACES[0].glob("*.html")):
        for facts in re.findall(r'<dl class="facts">.*?</dl>', file.read_text("utf-8"), re.DOTALL):
            assert facts.count("<dt>") == facts.count("<div><dt>"), file.name
