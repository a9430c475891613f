"""Plain numbers, in every national format of the supported regions."""

import json
import random
from collections.abc import Iterator

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from relay.masking import build_plans, find_number, find_numbers
from relay.masking.regions import plan_of

REGIONS = (
    "FR",
    "RE",
    "GP",
    "BE",
    "CH",
    "LU",
    "DE",
    "ES",
    "GB",
    "NL",
    "PT",
    "IT",
    "MA",
    "DZ",
    "TN",
    "TM",
)
KINDS = (
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.VOIP,
    PhoneNumberType.PERSONAL_NUMBER,
)
SHOWN = (PhoneNumberFormat.NATIONAL, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.E164)
FRAMES = ("{}", "Bonjour, {} merci", "mon tel : {}.", "Cordialement,\nCamille\n{}\n")


def _numbers(region: str) -> Iterator[phonenumbers.PhoneNumber]:
    """Yield valid numbers of *region* near the examples of its metadata."""
    drawn = random.Random(region)
    for kind in KINDS:
        example = phonenumbers.example_number_for_type(region, kind)
        if example is None or len(str(example.national_number)) < 8:
            continue
        yield example
        for _ in range(40):
            nsn = phonenumbers.national_significant_number(example)
            tail = "".join(drawn.choice("0123456789") for _ in range(5))
            other = phonenumbers.parse(f"+{example.country_code}{nsn[:-5]}{tail}")
            if phonenumbers.is_valid_number_for_region(other, region):
                yield other


@pytest.mark.parametrize("region", REGIONS)
def test_plain_numbers_are_always_found(region: str) -> None:
    """A plain number is masked in each format phonenumbers prints, alone and in a sentence."""
    missed = []
    for number in _numbers(region):
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        for style in SHOWN:
            shown = phonenumbers.format_number(number, style)
            for frame in FRAMES:
                text = frame.format(shown)
                wanted = text.index(shown), text.index(shown) + len(shown)
                found = find_numbers(text, region)
                if not any(a <= wanted[0] + 5 and b >= wanted[1] for a, b, _ in found):
                    missed.append((text, e164))
                if not find_number(text, e164):
                    missed.append((text, "known"))
    assert missed == []


@pytest.mark.parametrize("region", ["US", "BR", "JP", "SN", "PL", "AU"])
def test_foreign_numbers_are_found_with_their_plus(region: str) -> None:
    """A number of any other region is masked when it is written with its country code."""
    for number in _numbers(region):
        shown = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
        assert find_numbers(f"call {shown} please", "FR"), shown


def test_plans_are_those_of_the_installed_metadata() -> None:
    """The compiled plans say what the metadata of phonenumbers says."""
    assert json.loads(build_plans.FILE.read_text("utf-8")) == build_plans.plans()


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_sizes_and_first_digits_of_a_plan_leave_no_number_out(data: st.DataObject) -> None:
    """What a plan matches has one of its lengths, and begins with one of its first digits."""
    plan = plan_of(data.draw(st.sampled_from(sorted(json.loads(build_plans.FILE.read_text())))))
    assert plan is not None
    number = data.draw(st.from_regex(plan.valid, fullmatch=True, alphabet="0123456789"))
    assert len(number) in plan.lengths
    assert number[0] in plan.first


def test_unknown_region_reads_international_numbers() -> None:
    """A region without a plan still sees numbers with a plus sign."""
    assert find_numbers("tel +33 6 12 34 56 78", "XX") == [(5, 21, "+33612345678")] or find_numbers(
        "tel +33 6 12 34 56 78", "XX"
    ) == [(4, 21, "+33612345678")]


@pytest.mark.parametrize(
    ("region", "text", "number"),
    [
        ("FR", "appelez le 06 39 98 12 07", "+33639981207"),
        ("FR", "appelez le 01 99 00 12 07", "+33199001207"),
        ("FR", "soirée au 02 61 91 12 07", "+33261911207"),
        ("US", "Ginette 202 555-0126", "+12025550126"),
        ("GB", "call 07700 900123", "+447700900123"),
        ("GB", "call 01632 960123", "+441632960123"),
        ("IE", "call 020 911 2345", "+353209112345"),
    ],
)
def test_numbers_for_fiction_are_numbers(region: str, text: str, number: str) -> None:
    """What regulators set aside for films is masked: people try a relay out with such numbers."""
    assert [found for *_, found in find_numbers(text, region)] == [number]
