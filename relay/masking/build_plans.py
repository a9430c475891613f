"""Write ``data/plans.json``, the numbering plans, from the metadata of phonenumbers.

Run ``python -m relay.masking.build_plans`` after phonenumbers was updated; a test
compares the file with the installed metadata. The masker reads the file alone, so
that importing it does not load the metadata of 245 regions.
"""

import json
import re
from pathlib import Path

import phonenumbers

KINDS = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "pager",
    "voicemail",
    "uan",
)
# Numbers that regulators set aside for films and manuals, where the metadata leaves them out:
# a plan for which they are nothing would show its users, in their first trial, a miss.
FICTION = {
    "FR": {
        "mobile": r"63998\d{4}",
        "fixed_line": r"(?:19900|26191|35301|46571|53649)\d{4}",
    },
    "GB": {"mobile": r"7700900\d{3}", "fixed_line": r"1632960\d{3}"},
    "IE": {"fixed_line": r"2091\d{5}"},
}
_SIGN = re.compile(r"\(\?:|\[[^]]*\]|\\d|\{[^}]*\}|.")  # of a pattern of the metadata
FILE = Path(__file__).parent / "data" / "plans.json"


def plans() -> dict[str, list[str]]:
    """Return per region: country code, trunk prefix; of all numbers, then of mobile ones, the
    pattern, the lengths and the first digits.

    Source: ITU-T E.164 as compiled in the metadata of libphonenumber; numbers for fiction
    of ARCEP (numbering plan 2018-0881), Ofcom and ComReg.
    """
    table = {}
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
        if metadata is None:
            continue
        patterns = {
            kind: desc.national_number_pattern
            for kind in KINDS
            if (desc := getattr(metadata, kind)) and desc.national_number_pattern
        }
        for kind, pattern in FICTION.get(region, {}).items():
            patterns[kind] = f"{pattern}|{patterns[kind]}"
        valid, mobile = "|".join(sorted(set(patterns.values()))), patterns.get("mobile", "")
        table[region] = [
            str(metadata.country_code),
            _trunk(metadata),
            valid,
            mobile,
            _lengths(metadata.general_desc),
            _lengths(metadata.mobile),
            first_digits(valid),
            first_digits(mobile),
        ]
    return table


def _trunk(metadata: phonenumbers.PhoneMetadata) -> str:
    """Return what is dialled before a national number; nobody writes the one of North America."""
    prefix = metadata.national_prefix or ""
    return "" if prefix == str(metadata.country_code) else prefix


def _lengths(desc: phonenumbers.PhoneNumberDesc | None) -> str:
    return " ".join(str(length) for length in desc.possible_length) if desc else ""


def first_digits(pattern: str) -> str:
    """Return the digits that a number of *pattern* can begin with; none of them is optional."""
    found: set[str] = set()
    starts, first = [True], True  # whether each open group, and the next sign, is at the start
    for sign in _SIGN.findall(pattern):
        if sign == "(?:":
            starts.append(first)
        elif sign == "|":
            first = starts[-1]
        else:
            if sign == ")":
                starts.pop()
            elif first:
                found |= {digit for digit in "0123456789" if re.fullmatch(sign, digit)}
            first = False
    return "".join(sorted(found))


def rendered() -> str:
    """Return the text of the file: one region per line, stable order."""
    rows = (f"{json.dumps(region)}: {json.dumps(row)}" for region, row in plans().items())
    return "{\n" + ",\n".join(rows) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(rendered(), encoding="utf-8")
