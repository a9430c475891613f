"""Phone numbers as people write them."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay.errors import FieldFault, Invalid
from relay.validation import Phone, is_canvassing, read_phone, readable
from relay.validation.plans import FICTION_PREFIXES

MAINLAND = "+33612345678"
TERRITORIES = ("FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF")


def fault_of(raw: str, **options: object) -> FieldFault:
    """Return the one fault *raw* is refused with."""
    with pytest.raises(Invalid) as refusal:
        read_phone(raw, **options)  # type: ignore[arg-type]
    (fault,) = refusal.value.faults
    assert fault.field == "phone"
    return fault


@pytest.mark.parametrize(
    "raw",
    [
        "0612345678",
        "06 12 34 56 78",
        "06.12.34.56.78",
        "06-12-34-56-78",
        "06/12/34/56/78",
        "06*12*34*56*78",
        "06_12|34,56;78",
        "(06) 12 34 56 78",
        "06\u00a012\u202f34\u200956\u300078",
        "06\u201112\u201334\u201456\u221278",
        "\u202a06 12 34 56 78\u202c",
        "0\ufe0f\u20e36\ufe0f\u20e312345678",
        "０６１２３４５６７８",  # full width
        "٠٦١٢٣٤٥٦٧٨",  # Arabic-Indic
        "tél. : 06 12 34 56 78",
        "+33 6 12 34 56 78",
        "+33 (0)6 12 34 56 78",
        "＋33 612345678",
        "(+33) 06 12 34 56 78",
        "0033 6 12 34 56 78",
        "00 33 (0)6 12 34 56 78",
        "33612345678",
        "  06 12 34 56 78\t",
    ],
)
def test_any_writing_is_read(raw: str) -> None:
    """Separators, signs and scripts do not matter: the number does."""
    assert read_phone(raw).e164 == MAINLAND


def test_raw_is_kept_as_typed() -> None:
    """What was typed stays beside the number, without what nobody can see."""
    phone = read_phone(" \u202a06.12.34.56.78\u202c ")
    assert phone == Phone(MAINLAND, "06.12.34.56.78", "FR", "mobile")


@pytest.mark.parametrize(
    ("raw", "e164", "region"),
    [
        ("0590 20 12 34", "+590590201234", "GP"),
        ("0690 00 12 34", "+590690001234", "GP"),
        ("0691 22 12 34", "+590691221234", "GP"),
        ("0596 30 12 34", "+596596301234", "MQ"),
        ("0696 20 12 34", "+596696201234", "MQ"),
        ("0697 20 12 34", "+596697201234", "MQ"),
        ("0594 10 12 34", "+594594101234", "GF"),
        ("0694 20 12 34", "+594694201234", "GF"),
        ("0262 16 12 34", "+262262161234", "RE"),
        ("0263 10 12 34", "+262263101234", "RE"),
        ("0692 12 34 56", "+262692123456", "RE"),
        ("0693 30 12 34", "+262693301234", "RE"),
        ("0269 60 12 34", "+262269601234", "YT"),
        ("0639 01 23 45", "+262639012345", "YT"),
        ("0508 43 01 23", "+508430123", "PM"),
        ("0708 40 12 34", "+508708401234", "PM"),
        ("+33 696 20 12 34", "+596696201234", "MQ"),
        ("+596 0696 20 12 34", "+596696201234", "MQ"),
        ("0709 01 23 45", "+590709012345", "GP"),
    ],
)
def test_overseas_prefix_leaves_mainland(raw: str, e164: str, region: str) -> None:
    """A prefix of an overseas territory gives that territory's number."""
    phone = read_phone(raw)
    assert (phone.e164, phone.region) == (e164, region)


def _national_examples() -> list[tuple[str, phonenumbers.PhoneNumber]]:
    kinds = (
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.VOIP,
    )
    examples = []
    for region in TERRITORIES:
        for kind in kinds:
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                national = phonenumbers.national_significant_number(number)
                prefix = "0508" if len(national) == 6 else "0"
                examples.append((prefix + national, number))
    return examples


@pytest.mark.parametrize(("dialled", "number"), _national_examples())
def test_every_french_national_form_is_accepted(
    dialled: str, number: phonenumbers.PhoneNumber
) -> None:
    """What is dialled in France for any territory gives a number of that country code."""
    phone = read_phone(dialled)
    expected = phonenumbers.region_code_for_number(number)
    # Guadeloupe and Guyane declare the same box numbers 0976: either is right.
    shared = dialled.startswith("0976")
    assert phone.region == expected or (shared and phone.region in TERRITORIES)


@pytest.mark.parametrize("region", TERRITORIES)
def test_national_format_of_a_region_is_read_there(region: str) -> None:
    """The library's own national format of a territory is read with that territory's plan."""
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    expected = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert read_phone(text, region=region).e164 == expected


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_foreign_number_round_trips(region: str) -> None:
    """A number of any country is read in international form, and its E.164 reads as itself."""
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    number = number or phonenumbers.example_number(region)
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    phone = read_phone(text)
    assert phone.e164 == read_phone(phone.e164).e164 == read_phone("00" + phone.e164[1:]).e164


@pytest.mark.parametrize(
    ("raw", "n", "hint"),
    [
        ("06 39 98 01 2", 1, "06 39 98 01 2_"),
        ("+33 6 39 98 01 2", 1, "06 39 98 01 2_"),
        ("06 39 98", 4, "06 39 98 __ __"),
        ("612345678", 1, "_6 12 34 56 78"),
        ("0612", 6, "06 12 __ __ __"),
    ],
)
def test_missing_digits_are_counted(raw: str, n: int, hint: str) -> None:
    """Nine digits are one short, never « possible », and the hint shows the place."""
    fault = fault_of(raw)
    assert (fault.code, fault.values["n"]) == ("phone_digits_missing", n)
    assert (fault.hint or "").replace("\u00a0", " ") == hint


def test_extra_digits_are_counted() -> None:
    """Digits past the tenth are counted."""
    fault = fault_of("06 12 34 56 789")
    assert (fault.code, fault.values["n"]) == ("phone_digits_extra", 1)


@pytest.mark.parametrize(
    ("raw", "letter", "hint"),
    [
        ("O6 12 34 56 78", "O", "06 12 34 56 78"),
        ("06 l2 34 56 78", "l", "06 12 34 56 78"),
        ("0б 12 34 56 78", "б", None),
        ("06x12x34x56x78", "x", "06 12 34 56 78"),
    ],
)
def test_letter_is_named(raw: str, letter: str, hint: str | None) -> None:
    """A letter taken for a digit is named, and never dropped."""
    fault = fault_of(raw)
    assert (fault.code, fault.values["x"]) == ("phone_has_letter", letter)
    assert (fault.hint.replace("\u00a0", " ") if fault.hint else None) == hint


@pytest.mark.parametrize(
    "raw",
    [
        "15",
        "112",
        "3612",
        "3639",
        "118218",
        "81234",
        "62626",
        "0836 65 65 65",
        "0891 23 45 67",
        "+33 899 12 34 56",
        "0810 12 34 56",
        "0820 12 34 56",
        "0825 12",
        "+32 900 12345",
        "+979 123456789",
    ],
)
def test_premium_and_short_numbers_are_refused_by_type(raw: str) -> None:
    """A surcharged, shared-cost or short number is refused, whatever its writing."""
    assert fault_of(raw).code == "phone_kind_refused"


@pytest.mark.parametrize(
    ("raw", "kind"), [("0800 12 34 56", "toll_free"), ("0806123456", "company")]
)
def test_free_numbers_are_accepted(raw: str, kind: str) -> None:
    """A number that costs nothing more is no surcharged number."""
    assert read_phone(raw).kind == kind


@pytest.mark.parametrize("prefix", FICTION_PREFIXES)
def test_fiction_only_where_allowed(prefix: str) -> None:
    """Numbers for films pass in the sandbox and are named elsewhere."""
    raw = prefix + "0123"
    assert fault_of(raw).code == "phone_fiction"
    phone = read_phone(raw, fiction=True)
    assert (phone.e164, phone.region) == ("+33" + raw[1:], "FR")
    assert phone.kind == ("mobile" if prefix == "063998" else "fixed")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "phone_missing"),
        (" \u200b ", "phone_missing"),
        ("--", "phone_missing"),
        ("sur demande", "phone_words"),
        ("06 12 34 56 78 poste 4", "phone_words"),
        ("0612\n345678", "text_bad_characters"),
        ("0612\x00345678", "text_bad_characters"),
        ("0612\ud800345678", "text_bad_characters"),
        ("1" * 65, "phone_text_too_long"),
        ("32 470 12 34 56", "phone_start"),
        ("+999 12 34", "phone_country_unknown"),
        ("+32 4", "phone_too_short"),
        ("+32 470 12 34 56 78 90", "phone_too_long"),
        ("+34 612 34 56 7", "phone_digits_missing_abroad"),
        ("+34 612 34 56 789", "phone_digits_extra_abroad"),
        ("0263 99 99 99", "phone_not_in_use"),
        ("0700 12 34 56", "phone_not_in_use"),
    ],
)
def test_refusal_names_the_fix(raw: str, code: str) -> None:
    """Each way of being wrong has its own code."""
    assert fault_of(raw).code == code


def test_other_region_counts_its_own_digits() -> None:
    """A site of another country speaks of that country's length."""
    fault = fault_of("612 34 56 7", region="ES")
    assert fault.code == "phone_digits_missing_abroad"
    assert fault.values == {"n": 1, "prefix": 34, "expected": 9}


def test_other_region_reads_its_national_form() -> None:
    """A Belgian site reads a Belgian number without its country code."""
    assert read_phone("0470 12 34 56", region="BE").e164 == "+32470123456"


def test_other_region_refuses_its_short_numbers() -> None:
    """Short numbers of the site's country are refused too."""
    assert fault_of("112", region="BE").code == "phone_kind_refused"


def test_unknown_region_asks_for_the_country_code() -> None:
    """Without a known region, a number needs its country code."""
    assert fault_of("0612345678", region="ZZ").code == "phone_country_needed"


@pytest.mark.parametrize(
    ("e164", "is_one"),
    [
        ("+33162123456", True),
        ("+33270123456", True),
        ("+33378123456", True),
        ("+33425123456", True),
        ("+33568123456", True),
        ("+33948123456", True),
        ("+590947512345", True),
        ("+33612345678", False),
        ("+33161123456", False),
        ("+590690001234", False),
        ("+32162123456", False),
    ],
)
def test_canvassing_ranges_are_told_and_accepted(e164: str, *, is_one: bool) -> None:
    """A call-centre range is material for a score."""
    assert is_canvassing(e164) is is_one


def test_canvassing_is_no_refusal() -> None:
    """A call-centre number is still read."""
    assert read_phone("0162 12 34 56").kind == "fixed"


@settings(deadline=None)  # the machine is shared; test_validation_time.py measures
@given(
    raw=st.one_of(
        st.text(max_size=80),
        st.text(st.sampled_from("0123456789+ ().-oOlx\u00a0\ufe0f٠６"), max_size=30),
        st.text(st.characters(categories=["Nd", "No", "Nl", "Cs", "Cf", "Sk"]), max_size=30),
    ),
    region=st.sampled_from(["FR", "RE", "PM", "BE", "US", "IT", "DE", "ZZ", ""]),
    fiction=st.booleans(),
)
def test_any_text_gives_a_number_or_a_refusal(raw: str, region: str, *, fiction: bool) -> None:
    """F8: no text raises anything else, and a number reads back as itself."""
    try:
        phone = read_phone(raw, region=region, fiction=fiction)
    except Invalid:
        return
    assert read_phone(phone.e164, fiction=True).e164 == phone.e164


@settings(deadline=None)  # the machine is shared; test_validation_time.py measures
@given(st.from_regex(r"0[1-9][0-9]{8}", fullmatch=True))
def test_mainland_numbers_round_trip(raw: str) -> None:
    """Any ten digits that are accepted give the same number written in full."""
    try:
        phone = read_phone(raw, fiction=True)
    except Invalid:
        return
    assert read_phone(phone.e164, fiction=True) == Phone(
        phone.e164, phone.e164, phone.region, phone.kind
    )


@given(st.from_regex(r"\+33[1-79][0-9]{8}", fullmatch=True))
def test_mainland_numbers_are_written_as_the_library_writes_them(e164: str) -> None:
    """The short way to pairs of figures writes what phonenumbers writes."""
    number = phonenumbers.parse(e164)
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    assert readable(e164) == national.replace(" ", "\u00a0")
