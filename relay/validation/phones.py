"""Phone numbers: read as people write them, refused with the exact thing to correct.

The library reads plans; what it gets wrong is decided before it is asked: letters,
missing digits, overseas prefixes, ranges for fiction, short and surcharged numbers.
"""

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType, ValidationResult

from relay.errors import FieldFault, Invalid
from relay.validation import plans
from relay.validation.plans import is_canvassing

__all__ = ["Phone", "is_canvassing", "read_phone", "readable"]

_RAW_LIMIT = 64
_DIGITS = 10  # of a French number, dialled in France
_FEW_LETTERS = 2
_BAD = ("Cc", "Cs", "Cn", "Zl", "Zp")
_LONGEST_SHORT = 6  # of a French short number
_LABEL = re.compile(r"^\s*(?:t[ée]l(?:[ée]phone)?|n\u00b0)\s*[.:]?\s*", re.IGNORECASE)
_MAINLAND = re.compile(r"\+33[1-79]\d{8}")
_LOOK_ALIKES = str.maketrans("oOlIiSsBzZ", "0011155822")
_REFUSED = (
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.PAGER,
    PhoneNumberType.VOICEMAIL,
)
_KINDS = {
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_or_mobile",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
    PhoneNumberType.UAN: "company",
}


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that can be called.

    Args:
        e164: ITU-T E.164, with the plus sign.
        raw: As typed, without outer blank nor invisible marks; one line.
        region: ISO 3166 code, ``001`` for a number of no country.
        kind: mobile, fixed, fixed_or_mobile, voip, toll_free, personal, company or unknown.
    """

    e164: str
    raw: str
    region: str
    kind: str


def read_phone(raw: str, *, region: str = "FR", fiction: bool = False) -> Phone:
    """Read a phone number written in any way a person may write it.

    Args:
        raw: Any text.
        region: ISO 3166 code of the plan of numbers without country code.
        fiction: Admit the French ranges kept for films and examples (sandbox only).

    Raises:
        Invalid: One fault of the field ``phone``.

    Source: ITU-T E.164; Arcep numbering plan; phonenumbers metadata.
    """
    typed = _typed(raw)
    digits, is_full = _dialled(typed)
    if is_full and not digits.startswith("33"):
        number = _from_abroad(digits)
    elif is_full:
        # +33 6, +33 (0)6: what follows the country code, dialled from France.
        number = _french("0" + digits[2:].removeprefix("0"), fiction=fiction)
    elif region.upper() in plans.FRENCH:
        number = _french(_ten_digits(digits, region.upper()), fiction=fiction)
    else:
        number = _from_region(digits, region.upper())
    return _accept(number, typed)


def _typed(raw: str) -> str:
    """Return the one line that was typed, without the invisible marks pastes bring."""
    if len(raw) > _RAW_LIMIT:
        raise _fault("phone_text_too_long", limit=_RAW_LIMIT)
    line = raw.strip()
    if not (line.isascii() and line.isprintable()):
        line = "".join(sign for sign in raw if unicodedata.category(sign) != "Cf").strip()
        line = line.replace("\t", " ")
        if any(unicodedata.category(sign) in _BAD for sign in line):
            raise _fault("text_bad_characters")
    if not line:
        raise _fault("phone_missing")
    return line


def _dialled(typed: str) -> tuple[str, bool]:
    """Return the digits to dial, and whether they start with a country code."""
    text = _LABEL.sub("", unicodedata.normalize("NFKC", typed))
    _refuse_letters(text)
    digits = _digits(text)
    if not digits:
        raise _fault("phone_missing")
    before_digit = re.match(r"\D*", text)
    has_plus = before_digit is not None and "+" in before_digit.group()
    if digits.startswith("00") and digits[2:].lstrip("0"):
        return digits[2:], True
    return digits, has_plus and not digits.startswith("0")


def _digits(text: str) -> str:
    if text.isascii():
        return "".join(filter(str.isdigit, text))
    values = (unicodedata.digit(sign, None) for sign in text)
    return "".join(str(value) for value in values if value is not None)


def _refuse_letters(text: str) -> None:
    letters = [sign for sign in text if sign.isalpha()]
    if not letters:
        return
    kinds = {letter.casefold() for letter in letters}
    if not _digits(text) or (len(letters) > _FEW_LETTERS and len(kinds) > 1):
        raise _fault("phone_words")
    hint = _digits(text.translate(_LOOK_ALIKES))
    is_likely = len(hint) == _DIGITS and hint.startswith("0")
    raise _fault("phone_has_letter", hint=plans.in_pairs(hint) if is_likely else None, x=letters[0])


def _ten_digits(digits: str, region: str) -> str:
    """Return what a person in France dials for *digits* written without a country code."""
    local = digits.removeprefix("0")
    if region == "PM" and len(local) == 6:  # noqa: PLR2004 - Saint-Pierre dials six digits
        return "0508" + local
    if digits.startswith("0"):
        return digits
    if 1 < len(digits) <= _LONGEST_SHORT:
        raise _fault("phone_kind_refused")
    if digits.startswith("33") and len(digits.removeprefix("33").removeprefix("0")) == _DIGITS - 1:
        return "0" + digits.removeprefix("33").removeprefix("0")
    missing = _DIGITS - len(digits)
    if missing <= 0:
        raise _fault("phone_start")
    hint = plans.in_pairs("_" + digits + "_" * (missing - 1))
    raise _fault("phone_digits_missing", hint=hint, n=missing)


def _french(ten: str, *, fiction: bool) -> PhoneNumber:
    if plans.SURCHARGED.match(ten):
        raise _fault("phone_kind_refused")
    missing = _DIGITS - len(ten)
    if missing:
        code = "phone_digits_missing" if missing > 0 else "phone_digits_extra"
        hint = plans.in_pairs(ten + "_" * missing) if len(ten) <= _RAW_LIMIT else None
        raise _fault(code, hint=hint, n=abs(missing))
    if ten.startswith(plans.FICTION_PREFIXES):
        if not fiction:
            raise _fault("phone_fiction")
        return PhoneNumber(country_code=33, national_number=int(ten))
    for number in _readings(ten):
        if not ten.startswith("00") and phonenumbers.is_valid_number(number):
            return number
    raise _fault("phone_not_in_use")


def _readings(ten: str) -> list[PhoneNumber]:
    """List the numbers ten French digits may mean, the likeliest first."""
    territory = plans.TERRITORIES.get(ten[:4])
    if ten.startswith("0508"):
        return [PhoneNumber(country_code=508, national_number=int(ten[4:]))]
    if territory:
        regions: tuple[str, ...] = (territory,)
    elif ten[1] in "79":
        # Newer overseas mobiles (0709) and box numbers (0939, 0947, 0976), then mainland.
        regions = (*plans.OVERSEAS, "FR")
    else:
        regions = ("FR",)
    codes = (phonenumbers.country_code_for_region(region) for region in regions)
    return [PhoneNumber(country_code=code, national_number=int(ten)) for code in codes]


def _from_abroad(digits: str) -> PhoneNumber:
    known = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    code = next((digits[:size] for size in (1, 2, 3) if int(digits[:size]) in known), None)
    if code is None:
        raise _fault("phone_country_unknown", x="+" + digits[:3])
    try:
        number = phonenumbers.parse("+" + digits, None)
    except phonenumbers.NumberParseException as fault:
        is_long = fault.error_type == phonenumbers.NumberParseException.TOO_LONG
        raise _wrong_length(int(code), digits[len(code) :], is_long=is_long) from fault
    return _in_use(number)


def _from_region(digits: str, region: str) -> PhoneNumber:
    code = phonenumbers.country_code_for_region(region)
    if not code:
        raise _fault("phone_country_needed")
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException as fault:
        is_long = fault.error_type == phonenumbers.NumberParseException.TOO_LONG
        raise _wrong_length(code, digits, is_long=is_long) from fault
    if phonenumbers.is_valid_short_number_for_region(number, region):
        raise _fault("phone_kind_refused")
    return _in_use(number)


def _in_use(number: PhoneNumber) -> PhoneNumber:
    reason = phonenumbers.is_possible_number_with_reason(number)
    national = phonenumbers.national_significant_number(number)
    if reason in (ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        raise _wrong_length(number.country_code or 0, national, is_long=False)
    if reason == ValidationResult.TOO_LONG:
        raise _wrong_length(number.country_code or 0, national, is_long=True)
    if not phonenumbers.is_valid_number(number):
        raise _fault("phone_not_in_use")
    return number


def _wrong_length(code: int, national: str, *, is_long: bool) -> Invalid:
    """Name the exact count when all the numbers of the country have one length."""
    region = phonenumbers.region_code_for_country_code(code)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    lengths = metadata.general_desc.possible_length if metadata and metadata.general_desc else ()
    missing = lengths[0] - len(national) if len(lengths) == 1 else 0
    if missing > 0 and not is_long:
        hint = f"+{code}\u00a0{national}{'_' * missing}"
        return _fault(
            "phone_digits_missing_abroad", hint=hint, n=missing, prefix=code, expected=lengths[0]
        )
    if missing < 0 and is_long:
        return _fault("phone_digits_extra_abroad", n=-missing, prefix=code, expected=lengths[0])
    return _fault("phone_too_long" if is_long else "phone_too_short", prefix=code)


def _accept(number: PhoneNumber, typed: str) -> Phone:
    kind = phonenumbers.number_type(number)
    if kind in _REFUSED:
        raise _fault("phone_kind_refused")
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    name = _KINDS.get(kind, "unknown")
    if e164.startswith("+336") and name == "unknown":
        name = "mobile"  # the fiction range 06 39 98, which the library does not know
    region = phonenumbers.region_code_for_number(number) or "FR"
    return Phone(e164, typed, region, name)


def _fault(code: str, *, hint: str | None = None, **values: str | int) -> Invalid:
    return Invalid(FieldFault("phone", code, values, hint))


def readable(e164: str) -> str:
    """Write a number as people there read it, with no-break spaces: 06 39 98 01 23."""
    if _MAINLAND.fullmatch(e164):  # as the library writes them, for a tenth of its time
        return plans.in_pairs("0" + e164.removeprefix("+33"))
    number = phonenumbers.parse(e164)
    form = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    if number.country_code in plans.FRENCH_COUNTRY_CODES:
        form = phonenumbers.PhoneNumberFormat.NATIONAL
    return phonenumbers.format_number(number, form).replace(" ", "\u00a0")
