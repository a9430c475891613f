"""Identifiers of a professional advertiser: SIRET and European VAT number."""

import re
import unicodedata

from stdnum import exceptions as stdnum_faults
from stdnum.eu import vat
from stdnum.fr import siret

from relay.errors import FieldFault, Invalid

_SIRET_DIGITS = 14
_RAW_LIMIT = 64
_VAT_SHAPE = re.compile(r"([A-Z]{2})[A-Z0-9+*]{2,13}")


def read_siret(raw: str) -> str:
    """Read a SIRET, the 14-digit number of a French establishment.

    Returns:
        The 14 digits.

    Raises:
        Invalid: siret_missing, siret_has_letter, siret_digits_missing and
            siret_digits_extra with ``n``, siret_checksum.
    """
    typed = _compact(raw, "siret")
    if not re.fullmatch("[0-9]+", typed):
        letter = next(sign for sign in typed if sign not in "0123456789")
        raise Invalid(FieldFault("siret", "siret_has_letter", {"x": letter}))
    if len(typed) != _SIRET_DIGITS:
        n = len(typed) - _SIRET_DIGITS
        code = "siret_digits_extra" if n > 0 else "siret_digits_missing"
        raise Invalid(FieldFault("siret", code, {"n": abs(n)}))
    try:
        return str(siret.validate(typed))
    except stdnum_faults.ValidationError as fault:
        raise Invalid(FieldFault("siret", "siret_checksum")) from fault


def read_vat(raw: str) -> str:
    """Read the VAT number of a company of the European Union or Northern Ireland.

    Returns:
        The number without spaces, country first.

    Raises:
        Invalid: vat_missing; vat_shape when no country stands first; vat_country_unknown,
            vat_format and vat_checksum with ``x``, the two letters of the country.
    """
    typed = _compact(raw, "vat")
    shape = _VAT_SHAPE.fullmatch(typed)
    if shape is None:
        raise Invalid(FieldFault("vat", "vat_shape", hint="FR40303265045"))
    country = shape.group(1)
    try:
        return str(vat.validate(typed))
    except stdnum_faults.InvalidComponent as fault:
        known = country.lower() in vat.MEMBER_STATES or country == "EL"
        code = "vat_checksum" if known else "vat_country_unknown"
        raise Invalid(FieldFault("vat", code, {"x": country})) from fault
    except stdnum_faults.InvalidChecksum as fault:
        raise Invalid(FieldFault("vat", "vat_checksum", {"x": country})) from fault
    except stdnum_faults.ValidationError as fault:
        raise Invalid(FieldFault("vat", "vat_format", {"x": country})) from fault


def _compact(raw: str, field: str) -> str:
    """Return the letters and digits in capitals: people copy these with any separator."""
    if len(raw) > _RAW_LIMIT:
        n = len(raw) - _RAW_LIMIT
        raise Invalid(FieldFault(field, "text_too_long", {"n": n, "limit": _RAW_LIMIT}))
    wide = unicodedata.normalize("NFKC", raw).upper()
    typed = "".join(sign for sign in wide if sign.isalnum() or sign in "+*")
    if not typed:
        raise Invalid(FieldFault(field, f"{field}_missing"))
    return typed
