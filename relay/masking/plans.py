"""Numbering plans: does a row of digits make a phone number, and which.

Source: ITU-T E.164; metadata of libphonenumber compiled into ``data/plans.json``.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from relay.masking.regions import Plan, plan_of, plans_of, regions_by_code

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
_SHORTEST_HOME = 6  # of an island without country code
SHORTEST, LONGEST = 7, 15  # digits of an E.164 number with its country code


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


class Sizes(NamedTuple):
    """How many digits a number can have: at home, there or with neighbours, and the bounds."""

    home: frozenset[int]
    all: frozenset[int]
    shortest: int
    longest: int


@dataclass(frozen=True, slots=True)
class Numbering:
    """What a site's region reads as a phone number.

    Args:
        code: Country code of the region, empty for an unknown one.
        has_trunk: National numbers are written with a trunk prefix.
        home, near: Plans whose national numbers are read, the own ones first.
        with_zero, without: Sizes of a number without sign, by its first digit.
        least: Digits of the shortest number that counts.
        any_home: Matches what ``home`` can read in any form, to refuse the rest at once.
        any_near: The same for ``near``.
    """

    code: str
    has_trunk: bool
    home: tuple[Plan, ...]
    near: tuple[Plan, ...]
    with_zero: Sizes
    without: Sizes
    least: int
    any_home: re.Pattern[str]
    any_near: re.Pattern[str]

    def sizes(self, first: str) -> Sizes:
        """Return the sizes of a number without sign that begins with *first*."""
        return self.with_zero if first == "0" else self.without


def _any(plans: tuple[Plan, ...], *, mobile: bool) -> re.Pattern[str]:
    """Return a pattern for the numbers of *plans*, those that begin alike tried together."""
    begun: dict[str, set[str]] = {}
    for plan in plans:
        for beginning in (plan.code + plan.trunk, plan.code, plan.trunk, ""):
            begun.setdefault(beginning, set()).add(plan.mobile if mobile else plan.valid)
    ways = [f"{head}(?:{'|'.join(sorted(rest))})" for head, rest in sorted(begun.items())[::-1]]
    return re.compile("|".join(ways) or "(?!)")


def _sizes(home: tuple[Plan, ...], near: tuple[Plan, ...], *, zero: bool) -> Sizes:
    own = _lengths([(plan, plan.lengths) for plan in home], zero=zero)
    both = own | _lengths([(plan, plan.mobile_lengths) for plan in near], zero=zero)
    return Sizes(own, both, min(both, default=SHORTEST), max(both, default=LONGEST))


def _least(plan: Plan | None) -> int:
    """Return how many digits a number at home has at least: six where mobile ones have six."""
    if plan is None or plan.trunk or not plan.mobile_lengths:
        return SHORTEST
    return min(SHORTEST, max(_SHORTEST_HOME, min(plan.mobile_lengths)))


def _lengths(plans: list[tuple[Plan, tuple[int, ...]]], *, zero: bool) -> frozenset[int]:
    found: set[int] = set()
    for plan, lengths in plans:
        for length in lengths:
            if zero and plan.trunk:
                found.add(length + len(plan.trunk))
                continue
            found.add(length)
            if not zero:
                found |= {length + len(plan.code), length + len(plan.code) + len(plan.trunk)}
    least = min([_least(plan) for plan, _ in plans[:1]], default=SHORTEST)
    return frozenset(n for n in found if least <= n <= LONGEST)


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
    return Numbering(
        home[0].code if home else "",
        bool(home and home[0].trunk) and region not in _TRUNK_UNSAID,
        home,
        near,
        _sizes(home, near, zero=True),
        _sizes(home, near, zero=False),
        _least(own),
        _any(home, mobile=False),
        _any(near, mobile=True),
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
    if plus:
        number = international(digits.removeprefix("00"))
        return (number, Form.PLUS) if number else None
    if digits.startswith("00"):
        number = international(digits[2:])
        return (number, Form.EXIT_CODE) if number else None
    plans = numbering(region)
    if len(digits) in plans.sizes(digits[0]).home and plans.any_home.fullmatch(digits):
        return _national(digits, plans) or _unusual(digits, plans)
    if plans.code == "33" and len(digits) == 10 and digits[0] == "0" and digits[1] != "0":  # noqa: PLR2004
        return f"+33{digits[1:]}", Form.POSSIBLE
    return _neighbour(digits, plans) if plans.any_near.fullmatch(digits) else None


def _national(digits: str, plans: Numbering) -> tuple[str, Form] | None:
    for plan in plans.home:
        trunk = plan.trunk
        if trunk and not digits.startswith(trunk):
            continue
        rest = digits[len(trunk) :]
        if not plan.is_valid(rest):
            continue
        form = Form.MOBILE if plan.is_mobile(rest) else Form.NATIONAL
        if not trunk and not rest.startswith("0"):
            form = Form.BARE if len(rest) >= SHORTEST else Form.SHORT
        return f"+{plan.code}{rest}", form
    return None


def _unusual(digits: str, plans: Numbering) -> tuple[str, Form] | None:
    for code in dict.fromkeys(plan.code for plan in plans.home):
        country = _country(code) if digits.startswith(code) else None
        if country and (rest := country.significant(digits[len(code) :])):
            return f"+{code}{rest}", Form.COUNTRY_CODE
    for plan in plans.home:
        if plan.trunk and plan.is_valid(digits):
            form = Form.MOBILE_NO_TRUNK if plan.is_mobile(digits) else Form.NO_TRUNK
            if not plans.has_trunk:
                form = Form.BARE if len(digits) >= SHORTEST else Form.SHORT
            return f"+{plan.code}{digits}", form
    return None


def _neighbour(digits: str, plans: Numbering) -> tuple[str, Form] | None:
    for plan in plans.near:
        trunk = plan.trunk
        if (not trunk or digits.startswith(trunk)) and plan.is_mobile(digits[len(trunk) :]):
            return f"+{plan.code}{digits[len(trunk) :]}", Form.NEIGHBOUR
        if digits.startswith(plan.code) and plan.is_mobile(digits[len(plan.code) :]):
            return f"+{digits}", Form.NEIGHBOUR
    return None
