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
    "already_sent",
    "rate_limited",
    "idempotency_conflict",
    "idempotency_in_flight",
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
        "already_sent",
        {"time": "14:05"},
        "Vous avez déjà envoyé ce message à 14:05. Il est bien parti",
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


@pytest.mark.parametrize("code", entries("fr"))
def test_both_languages_need_the_same_values(code: str) -> None:
    """A door fills both languages with the same values."""
    french, english = entries("fr")[code], entries("en")[code]
    assert placeholders(french) == placeholders(english)
    assert isinstance(french, str) == isinstance(english, str)


@pytest.mark.parametrize("code", PROMISED)
def test_promised_codes_have_sentences(code: str) -> None:
    """What the doors refuse with can be said."""
    assert code in entries("fr")


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


@pytest.mark.parametrize("code", sorted(_codes_of_the_readers()))
def test_readers_codes_have_sentences(code: str) -> None:
    """What the readers refuse with can be said."""
    assert code in entries("fr")


@pytest.mark.parametrize("code", entries("fr"))
def test_values_are_documented(code: str) -> None:
    """Each value is explained by the comment above its entry."""
    for language in LANGUAGES:
        file = resources.files("relay") / "locale" / language / "problems.toml"
        above, _, _ = file.read_text(encoding="utf-8").partition(f"\n{code} = ")
        comment = above.rpartition("\n")[2]
        for name in placeholders(entries(language)[code]):
            assert re.search(rf"[# ]{name}: ", comment), (language, code, name)


@pytest.mark.parametrize(("code", "form"), FRENCH)
def test_french_typography(code: str, form: str) -> None:
    """No-break spaces, guillemets and apostrophes as French print has them."""
    text = form.replace("Authorization: Bearer", "").replace("(application/json)", "")
    assert "'" not in text
    assert '"' not in text
    assert not re.search(rf"[^{NO_BREAK}][:;?!»]", text)
    assert not re.search(rf"«[^{NO_BREAK}]", text)
    assert not re.search(r"\d \d", text)


@pytest.mark.parametrize(("language", "code", "form"), SENTENCES)
def test_sentences_are_plain(language: str, code: str, form: str) -> None:
    """No blame, no begging, no final stop."""
    words = form.casefold()
    for banned in ("invalid", "veuillez", "désolé", "inconnue", "please", "sorry", "unknown error"):
        assert banned not in words
    assert not form.endswith(".")
    assert form[0].isupper() or form[0] in "«“{"


@pytest.mark.parametrize(("language", "code", "values", "sentence"), SPECIFIED)
def test_sentences_of_the_specification(
    language: str, code: str, values: dict[str, str | int], sentence: str
) -> None:
    """The sentences of the specification are said to the letter, spaces aside."""
    assert say(language, f"problems.{code}", **values).replace(NO_BREAK, " ") == sentence
