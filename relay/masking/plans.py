"""Numbering plans: does a row of digits make a phone number, and which.

Source: ITU-T E.164; metadata of libphonenumber compiled into ``data/plans.json``.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import groupby
from typing import NamedTuple

from relay.masking.regions import Plan, plan_of, plans_of, regions_by_code
from relay.masking.sizes import (
    DIGITS,
    LONGEST,
    NOTHING,
    SHORTEST,
    Sizes,
    joined,
    least_of,
    sizes_of,
)

# Regions whose numbers are written at home in the national way, besides those of one country code.
_SAME_PLAN = {"FR": ("RE", "GP", "MQ", "GF", "YT", "BL", "MF")}
# Whose national numbers people of a region write without thinking of the border.
_NEIGHBOURS = {
    "FR": ("BE", "CH", "LU", "DE", "ES", "IT", "GB", "NL", "PT", "MA", "DZ"),
    "BE": ("FR", "NL", "LU", "DE", "GB"),
    "CH": ("FR", "DE", "IT", "AT", "LI"),
    "LU": ("FR", "BE", "DE"),
}
_DEFAULT_NEIGHBOURS = ("FR", "GB", "DE", "ES")
# Whose plan has a trunk prefix that the national format leaves out, of mobile numbers at least.
_TRUNK_UNSAID = frozenset("BO BR CN CO GE MC MN NP PE".split())


class Form(StrEnum):
    """How completely a number is written; the fuller, the less context it needs."""

    PLUS = "international"
    EXIT_CODE = "exit code"
    MOBILE = "mobile"
    NATIONAL = "national"
    BARE = "no trunk prefix in the plan"
    COUNTRY_CODE = "country code without sign"
    NO_TRUNK = "trunk prefix left out"
    MOBILE_NO_TRUNK = "trunk prefix of a mobile number left out"
    NEIGHBOUR = "plan of a neighbour"
    POSSIBLE = "right length only"
    SHORT = "fewer than seven digits"


class Way(NamedTuple):
    """One way to write the numbers of a plan.

    Args:
        head: What stands before the national number.
        rest: Pattern of that number.
        code: Country code.
        form: What it is called.
        begins: Pattern of what the number may begin with.
    """

    head: str
    rest: str
    code: str
    form: Form
    begins: str = ""


class Reader:
    """Reads digits in the first of several ways that fits them.

    All of them are one pattern, so that most digits, which are no number, cost one look.
    """

    def __init__(self, ways: Iterable[Way]) -> None:
        self._ways = [*ways]
        # An empty group ends each way: the one that took part tells which way it was.
        rows = [
            f"{head}(?:{'|'.join(f'(?:{way.rest})()' for way in alike)})"
            for head, alike in groupby(self._ways, lambda way: way.head + way.begins)
        ]
        self._pattern = re.compile("|".join(rows) or "(?!)")

    def read(self, digits: str) -> tuple[str, Form] | None:
        """Return the E.164 number and how it was written, or None."""
        found = self._pattern.fullmatch(digits)
        if found is None or found.lastindex is None:
            return None
        way = self._ways[found.lastindex - 1]
        number = digits[len(way.head) :]
        short = way.form is Form.BARE and len(number) < SHORTEST
        return f"+{way.code}{number}", Form.SHORT if short else way.form


@dataclass(frozen=True, slots=True)
class Numbering:
    """What a site's region reads as a phone number.

    Args:
        code: Country code of the region, empty for an unknown one.
        has_trunk: National numbers are written with a trunk prefix.
        home, near: Read national numbers by the plans of the site, and by those of neighbours.
        with_zero, without: Sizes of a number without sign, by its first digit.
        by_head: The same by its first two digits, or its only one.
        least: Digits of the shortest number that counts.
    """

    code: str
    has_trunk: bool
    home: Reader
    near: Reader
    with_zero: Sizes
    without: Sizes
    by_head: dict[str, Sizes]
    least: int

    def read(self, digits: str, *, plus: bool) -> tuple[str, Form] | None:
        """Return the E.164 number that *digits* are and how it was written, or None.

        Args:
            digits: 0-9 only.
            plus: A plus sign stood before them.
        """
        if plus:
            number = international(digits.removeprefix("00"))
            return (number, Form.PLUS) if number else None
        if digits.startswith("00"):
            number = international(digits[2:])
            return (number, Form.EXIT_CODE) if number else None
        size = len(digits)
        at_home = size in self.by_head.get(digits[:2], NOTHING).home
        if at_home and (result := self.home.read(digits)):
            return result
        if self.code == "33" and size == 10 and digits[0] == "0" and digits[1] != "0":  # noqa: PLR2004
            return f"+33{digits[1:]}", Form.POSSIBLE
        return self.near.read(digits)


def _at_home(plans: tuple[Plan, ...], *, has_trunk: bool) -> Iterator[Way]:
    """Yield how numbers are written at home, the likelier ways first."""
    for plan in plans:
        if plan.trunk:
            yield Way(plan.trunk, plan.mobile, plan.code, Form.MOBILE)
            yield Way(plan.trunk, plan.valid, plan.code, Form.NATIONAL)
        else:
            yield Way("", plan.valid, plan.code, Form.BARE, begins="(?!0)")
            yield Way("", plan.mobile, plan.code, Form.MOBILE)
            yield Way("", plan.valid, plan.code, Form.NATIONAL)
    for code in dict.fromkeys(plan.code for plan in plans):
        if country := _country(code):
            for trunk in ("", *country.trunks):
                yield Way(code + trunk, country.valid.pattern, code, Form.COUNTRY_CODE)
    for plan in plans:
        if plan.trunk and has_trunk:
            yield Way("", plan.mobile, plan.code, Form.MOBILE_NO_TRUNK)
            yield Way("", plan.valid, plan.code, Form.NO_TRUNK)
        elif plan.trunk:
            yield Way("", plan.valid, plan.code, Form.BARE)


def _nearby(plans: tuple[Plan, ...]) -> Iterator[Way]:
    """Yield how mobile numbers of neighbours are written."""
    for plan in sorted(plans, key=lambda plan: not plan.trunk):
        yield Way(plan.trunk, plan.mobile, plan.code, Form.NEIGHBOUR)
    for plan in plans:
        yield Way(plan.code, plan.mobile, plan.code, Form.NEIGHBOUR)


@cache
def numbering(region: str) -> Numbering:
    """Return the plans to read national numbers by for a site of *region*."""
    region = region.upper()
    own = plan_of(region)
    siblings = regions_by_code().get(own.code, ()) if own else ()
    home = plans_of((region, *(r for r in siblings if r != region), *_SAME_PLAN.get(region, ())))
    codes = {plan.code for plan in home}
    near = tuple(
        plan
        for plan in plans_of(_NEIGHBOURS.get(region, _DEFAULT_NEIGHBOURS))
        if plan.code not in codes
    )
    has_trunk = bool(home and home[0].trunk) and region not in _TRUNK_UNSAID
    sizes = sizes_of(home, near)
    return Numbering(
        home[0].code if home else "",
        has_trunk,
        Reader(_at_home(home, has_trunk=has_trunk)),
        Reader(_nearby(near)),
        sizes.get("0", NOTHING),
        joined([sizes.get(digit, NOTHING) for digit in DIGITS[1:]]),
        sizes,
        least_of(own),
    )


class Country(NamedTuple):
    """What may follow a country code: the lengths and the numbers of all its regions."""

    lengths: frozenset[int]
    valid: re.Pattern[str]
    trunks: tuple[str, ...]

    def significant(self, rest: str) -> str | None:
        """Return the national number in what follows the code; a trunk prefix is forgiven."""
        for trunk in ("", *self.trunks):
            inner = rest[len(trunk) :]
            known = len(inner) in self.lengths and rest.startswith(trunk)
            if known and self.valid.fullmatch(inner):
                return inner
        return None


@cache
def _country(code: str) -> Country | None:
    plans = plans_of(regions_by_code().get(code, ()))
    if not plans:
        return None
    return Country(
        frozenset(length for plan in plans for length in plan.lengths),
        re.compile("|".join(plan.valid for plan in plans)),
        tuple(sorted({plan.trunk for plan in plans} - {""})),
    )


def international(digits: str) -> str | None:
    """Read country code and national number; a trunk zero between them is forgiven.

    Returns:
        The E.164 number, or None.
    """
    if not SHORTEST <= len(digits) <= LONGEST + 1 or digits[0] == "0":
        return None
    for width in (1, 2, 3):
        country = _country(digits[:width])
        rest = country.significant(digits[width:]) if country else None
        if rest:
            return f"+{digits[:width]}{rest}"
    return None


def split_number(e164: str) -> tuple[str, str, str] | None:
    """Return country code, trunk prefix and national number of an E.164 number with its plus.

    A number that no plan knows is still split by its country code.
    """
    digits = e164.removeprefix("+")
    if not e164.startswith("+") or not digits.isdecimal() or not digits.isascii():
        return None
    for width in (1, 2, 3):
        regions = regions_by_code().get(digits[:width])
        if regions and len(digits) > width + SHORTEST - 3:
            plan = plan_of(regions[0])
            return digits[:width], plan.trunk if plan else "", digits[width:]
    return None


def read(digits: str, *, plus: bool, region: str) -> tuple[str, Form] | None:
    """Read a row of digits as a phone number for a site of *region*.

    Args:
        digits: 0-9 only.
        plus: A plus sign stood before them.
        region: ISO 3166 code.

    Returns:
        The E.164 number and how it was written, or None.
    """
    return numbering(region).read(digits, plus=plus)
