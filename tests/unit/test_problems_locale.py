"""The sentences of the problems: both languages, same fillings, clean typography."""

import ast
import re
import string
import tomllib
from importlib import resources
from pathlib import Path

import pytest

import relay.validation
from relay.texts import LANGUAGES, say

Entry = str | dict[str, str]

NO_BREAK = "\u00a0"
# Codes of the doors and of the experience specification, besides those of the readers.
PROMISED = [
    "title",
    "validation",
    "not_found",
    "listing_unknown",
    "listing_closed",
    "listing_missing",
    "listing_token_bad",
    "listing_token_expired",
    "key_unknown",
    "key_missing",
    "origin_refused",
    "rate_limited",
    "idempotency_conflict",
    "body_too_large",
    "body_not_json",
    "body_not_form",
    "body_encoding_refused",
    "json_too_deep",
    "json_duplicate_key",
    "field_unknown",
    "field_missing",
    "field_type",
    "unavailable",
    "unavailable_form",
    "method_not_allowed",
    "media_type_refused",
    "proof_required",
    "proof_wrong",
    "link_expired",
    "link_wrong",
    "too_late_to_cancel",
    "card_number_refused",
    "text_bad_characters",
    "internal",
    "email_domain_unknown",
    "email_domain_no_mail",
    "email_suggestion",
]


def entries(language: str) -> dict[str, Entry]:
    """Read the file of one language."""
    file = resources.files("relay") / "locale" / language / "problems.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def forms(entry: Entry) -> list[str]:
    """List the sentences of an entry."""
    return [entry] if isinstance(entry, str) else list(entry.values())


def placeholders(entry: Entry) -> set[str]:
    """List the values an entry needs."""
    return {
        name for form in forms(entry) for _, name, _, _ in string.Formatter().parse(form) if name
    }


SENTENCES = [
    (language, code, form)
    for language in LANGUAGES
    for code, entry in entries(language).items()
    for form in forms(entry)
]
FRENCH = [(code, form) for language, code, form in SENTENCES if language == "fr"]


BANNED = ("invalid", "veuillez", "désolé", "inconnue", "please", "sorry", "unknown error")
SPECIFIED: list[tuple[str, str, dict[str, str | int], str]] = [
    ("fr", "title", {"n": 1}, "Il y a 1 point à corriger"),
    ("fr", "title", {"n": 2}, "Il y a 2 points à corriger"),
    (
        "fr",
        "email_domain_incomplete",
        {"domain": "gmail"},
        "Il manque la fin de l’adresse après « gmail », comme .fr",
    ),
    (
        "en",
        "email_domain_incomplete",
        {"domain": "gmail"},
        "The end is missing after “gmail”, like .com",
    ),
    (
        "fr",
        "phone_digits_missing",
        {"n": 1},
        "Il manque 1 chiffre : un numéro français en compte 10",
    ),
    (
        "fr",
        "phone_digits_missing",
        {"n": 2},
        "Il manque 2 chiffres : un numéro français en compte 10",
    ),
    (
        "fr",
        "phone_digits_extra",
        {"n": 3},
        "Il y a 3 chiffres en trop : un numéro français en compte 10",
    ),
    ("en", "phone_digits_missing", {"n": 2}, "2 digits missing: a French number has 10"),
    ("en", "phone_digits_extra", {"n": 1}, "1 digit too many: a French number has 10"),
    (
        "fr",
        "phone_has_letter",
        {"x": "O"},
        "Il y a la lettre « O » dans le numéro. Remplacez-la par un chiffre",
    ),
    (
        "en",
        "phone_has_letter",
        {"x": "O"},
        "The number contains the letter “O”. Replace it with a digit",
    ),
    ("fr", "message_too_long", {"n": 12}, "Raccourcissez de 12 caractères (2 000 au plus)"),
    ("en", "message_too_long", {"n": 12}, "Shorten by 12 characters (2,000 at most)"),
    (
        "fr",
        "rate_limited",
        {"time": "14:05"},
        "Trop de messages envoyés. Réessayez à 14:05, votre texte est gardé",
    ),
    (
        "en",
        "rate_limited",
        {"time": "2:05 PM"},
        "Too many messages. Try again at 2:05 PM, your text is kept",
    ),
    ("fr", "email_suggestion", {"domain": "gmail.com"}, "Vouliez-vous dire gmail.com ?"),
]


def test_both_languages_have_the_same_codes_in_order() -> None:
    """A code has its sentence in both languages."""
    assert list(entries("fr")) == list(entries("en"))


def test_both_languages_need_the_same_values() -> None:
    """A door fills both languages with the same values."""
    english = entries("en")
    for code, french in entries("fr").items():
        assert placeholders(french) == placeholders(english[code]), code
        assert isinstance(french, str) == isinstance(english[code], str), code


def test_promised_codes_have_sentences() -> None:
    """What the doors refuse with can be said."""
    assert set(PROMISED) <= set(entries("fr"))


def _codes_of_the_readers() -> set[str]:
    """Collect the codes written in the readers' sources."""
    codes = set()
    for file in Path(relay.validation.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                codes |= set(
                    re.findall(
                        r"^(?:email|phone|message|name|siret|vat|text|field)_[a-z_]+$", node.value
                    )
                )
    return codes


def test_readers_codes_have_sentences() -> None:
    """What the readers refuse with can be said."""
    assert _codes_of_the_readers() <= set(entries("fr"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_values_are_documented(language: str) -> None:
    """Each value is explained by the comment above its entry."""
    file = resources.files("relay") / "locale" / language / "problems.toml"
    text = file.read_text(encoding="utf-8")
    for code, entry in entries(language).items():
        comment = text.partition(f"\n{code} = ")[0].rpartition("\n")[2]
        for name in placeholders(entry):
            assert re.search(rf"[# ]{name}: ", comment), (code, name)


def test_french_typography() -> None:
    """No-break spaces, guillemets and apostrophes as French print has them."""
    for code, form in FRENCH:
        text = form.replace("Authorization: Bearer", "").replace("(application/json)", "")
        assert "'" not in text, code
        assert '"' not in text, code
        assert not re.search(rf"[^{NO_BREAK}][:;?!»]", text), code
        assert not re.search(rf"«[^{NO_BREAK}]", text), code
        assert not re.search(r"\d \d", text), code


def test_sentences_are_plain() -> None:
    """No blame, no begging, no final stop."""
    for language, code, form in SENTENCES:
        words = form.casefold()
        for banned in BANNED:
            assert banned not in words, (language, code)
        assert not form.endswith("."), (language, code)
        assert form[0].isupper() or form[0] in "«“{", (language, code)


@pytest.mark.parametrize(("language", "code", "values", "sentence"), SPECIFIED)
def test_sentences_of_the_specification(
    language: str, code: str, values: dict[str, str | int], sentence: str
) -> None:
    """The sentences of the specification are said to the letter, spaces aside."""
    assert say(language, f"problems.{code}", **values).replace(NO_BREAK, " ") == sentence
