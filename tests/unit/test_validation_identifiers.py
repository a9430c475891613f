"""Identifiers of companies, and bank cards that must not be carried."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.errors import Invalid
from relay.validation import card_numbers, read_siret, read_vat


def fault_of(read: object, raw: str) -> tuple[str, dict[str, object]]:
    """Return code and values of the one fault."""
    with pytest.raises(Invalid) as refusal:
        read(raw)  # type: ignore[operator]
    (fault,) = refusal.value.faults
    return fault.code, dict(fault.values)


@pytest.mark.parametrize("raw", ["73282932000074", "732 829 320 00074", "732.829.320-00074"])
def test_siret_is_read(raw: str) -> None:
    """A SIRET is read with any separators."""
    assert read_siret(raw) == "73282932000074"


def test_siret_of_la_poste_is_read() -> None:
    """The establishments of La Poste have their own check."""
    assert read_siret("356 000 000 49837") == "35600000049837"


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (" ", ("siret_missing", {})),
        ("73282932", ("siret_digits_missing", {"n": 6})),
        ("732829320000745", ("siret_digits_extra", {"n": 1})),
        ("7328293200007O", ("siret_has_letter", {"x": "O"})),
        ("73282932000075", ("siret_checksum", {})),
        ("1" * 100, ("text_too_long", {"n": 36, "limit": 64})),
    ],
)
def test_siret_refusal_names_the_fix(raw: str, fault: tuple[str, dict[str, object]]) -> None:
    """Each way a SIRET is wrong has its code."""
    assert fault_of(read_siret, raw) == fault


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("FR 61 954 506 077", "FR61954506077"),
        ("be 0697.449.992", "BE0697449992"),
        ("ATU57194903", "ATU57194903"),
        ("EL 094259216", "EL094259216"),
    ],
)
def test_vat_is_read(raw: str, number: str) -> None:
    """A VAT number of the Union is read with any separators."""
    assert read_vat(raw) == number


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ("", ("vat_missing", {})),
        ("61954506077", ("vat_shape", {})),
        ("GB123456789", ("vat_country_unknown", {"x": "GB"})),
        ("FR6195450607", ("vat_format", {"x": "FR"})),
        ("FR61954506078", ("vat_checksum", {"x": "FR"})),
    ],
)
def test_vat_refusal_names_the_fix(raw: str, fault: tuple[str, dict[str, object]]) -> None:
    """Each way a VAT number is wrong has its code."""
    assert fault_of(read_vat, raw) == fault


@pytest.mark.parametrize(
    "card",
    [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111111111111111",
        "4111\u00a01111\u202f1111 1111",
        "41 11 11 11 11 11 11 11",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "5555555555554444",
        "2223 0031 2200 3222",
        "3782 822463 10005",
        "3056 930902 5904",
        "6011 1111 1111 1117",
        "3530111333300000",
        "6759649826438453",
        "4222222222222",
        "４１１１１１１１１１１１１１１１",
    ],
)
def test_cards_are_found(card: str) -> None:
    """A card number is found in any writing, and nothing around it."""
    text = f"voici {card}, merci"
    assert card_numbers(text) == [(6, 6 + len(card))]


def test_card_is_found_after_another_number() -> None:
    """A number before a card does not hide it."""
    assert card_numbers("le 12 4111 1111 1111 1111 12/27") == [(6, 25)]


def test_card_is_found_after_an_iban() -> None:
    """An account number hides only itself."""
    text = "BE68 5390 0754 7034 4111 1111 1111 1111"
    assert card_numbers(text) == [(20, 39)]


def test_two_cards_are_two_spans() -> None:
    """Two cards one after the other are two spans."""
    assert card_numbers("4111111111111111 5555555555554444") == [(0, 16), (17, 33)]


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",  # Luhn
        "9111 1111 1111 1111",  # no issuer
        "FR76 3000 6000 0112 3456 7890 189",
        "FR7630006000011234567890189",
        "DE89 3704 0044 0532 0130 00 et BE68 5390 0754 7034",
        "SIRET 732 829 320 00074",
        "SIRET 38520000000018",
        "06 12 34 56 78 06 12 34 56 78",
        "+33 6 12 34 56 78",
        "+4915123456789",
        "+44 7911 123456 0612",
        "4006381333931",  # EAN-13
        "x4111111111111111",
        "120 € 2 000 km 35000 Rennes",
    ],
)
def test_other_numbers_are_no_cards(text: str) -> None:
    """A phone, an IBAN, a SIRET, an EAN or a price is no card."""
    assert card_numbers(text) == []


@settings(deadline=None)  # the machine is shared; test_validation_time.py measures
@given(st.one_of(st.text(max_size=300), st.text(st.sampled_from("0123456789 -+AF٤"), max_size=300)))
def test_spans_are_in_order_and_inside(text: str) -> None:
    """Any text gives spans that follow each other."""
    spans = card_numbers(text)
    flat = [offset for span in spans for offset in span]
    assert flat == sorted(flat)
    assert all(0 <= start < end <= len(text) for start, end in spans)


@settings(deadline=None)  # the machine is shared; test_validation_time.py measures
@given(st.text())
def test_any_text_gives_an_identifier_or_a_refusal(raw: str) -> None:
    """F8: no text raises anything else."""
    for read in (read_siret, read_vat):
        with suppress(Invalid):
            assert read(raw).isascii()


@settings(deadline=None)  # the machine is shared; test_validation_time.py measures
@given(st.from_regex(r"(AT|BE|BG|CY|DE|EL|ES|FR|IE|IT|NL|RO|SE|XI|EU|IM)[A-Z0-9+*]{0,13}"))
def test_any_vat_like_text_gives_a_number_or_a_refusal(raw: str) -> None:
    """F8: whatever follows the letters of a country."""
    with suppress(Invalid):
        assert read_vat(raw).isascii()
