"""Numbering plans: does a row of digits make a phone number, and which.

Source: ITU-T E.164; metadata of libphonenumber compiled into ``data/plans.json``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from relay.masking.countries import country_of, international
from relay.masking.regions import Plan, plan_of, plans_of, regions_by_code
from relay.masking.sizes import (
    DIGITS,
    NOTHING,
    SHORTEST,
    Sizes,
    joined,
    least_of,
    sizes_of,
)
from relay.masking.trie import compiled

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
        lengths: How many digits it has.
        beginnings: Its first two digits with the head, or its first without one.
        code: Country code.
        form: What it is called.
    """

    head: str
    rest: str
    lengths: tuple[int, ...]
    beginnings: tuple[str, ...]
    code: str
    form: Form

    def fits(self, beginning: str, size: int) -> bool:
        """Tell whether *size* digits with these first two can be written in this way."""
        return size - len(self.head) in self.lengths and beginning.startswith(self.beginnings)

    def read(self, digits: str) -> tuple[str, Form] | None:
        """Return the E.164 number and how it was written, or None."""
        head = len(self.head)
        if not (digits.startswith(self.head) and compiled(self.rest).fullmatch(digits, head)):
            return None
        short = self.form is Form.BARE and len(digits) - head < SHORTEST
        return f"+{self.code}{digits[head:]}", Form.SHORT if short else self.form


def _valid(plan: Plan, head: str, form: Form) -> Way:
    return Way(head, plan.valid, plan.lengths, _beginnings(head, plan.first), plan.code, form)


def _mobile(plan: Plan, head: str, form: Form) -> Way:
    beginnings = _beginnings(head, plan.mobile_first)
    return Way(head, plan.mobile, plan.mobile_lengths, beginnings, plan.code, form)


def _beginnings(head: str, first: str) -> tuple[str, ...]:
    return tuple((head + digit)[:2] for digit in first)


@dataclass(frozen=True, slots=True)
class Numbering:
    """What a site's region reads as a phone number.

    Args:
        code: Country code of the region, empty for an unknown one.
        has_trunk: National numbers are written with a trunk prefix.
        home, near: Ways to write the numbers of the site, and those of neighbours.
        with_zero, without: Sizes of a number without sign, by its first digit.
        by_head: The same by its first two digits, or its only one.
        least: Digits of the shortest number that counts.
        fitting: The few ways that first two digits and a size leave, as far as they were asked.
    """

    code: str
    has_trunk: bool
    home: Sequence[Way]
    near: Sequence[Way]
    with_zero: Sizes
    without: Sizes
    by_head: dict[str, Sizes]
    least: int
    fitting: dict[tuple[str, int], Sequence[Way]]

    def read(self, digits: str, *, plus: bool) -> tuple[str, Form] | None:
        """Return the E.164 number that *digits* are and how it was written, or None.

        Args:
            digits: 0-9 only.
            plus: A plus sign stood before them.
        """
        if plus:
            number = international(digits.removeprefix("00"))
            return (number, Form.PLUS) if number else None
        beginning, size = digits[:2], len(digits)
        if beginning == "00":
            number = international(digits[2:])
            return (number, Form.EXIT_CODE) if number else None
        fitting = self.fitting.get((beginning, size))
        if fitting is None:
            fitting = self.fitting[beginning, size] = self._that_fit(beginning, size)
        for way in fitting:
            if result := way.read(digits):
                return result
        return None

    def _that_fit(self, beginning: str, size: int) -> list[Way]:
        at_home = size in self.by_head.get(beginning, NOTHING).home
        ways = (*self.home, *self.near) if at_home else self.near
        return [way for way in ways if way.fits(beginning, size)]


# Any ten digits look like a number in France, whose plan is almost full.
_FULL = Way("0", r"[1-9]\d{8}", (9,), _beginnings("0", DIGITS[1:]), "33", Form.POSSIBLE)


def _at_home(plans: tuple[Plan, ...], *, has_trunk: bool) -> Iterator[Way]:
    """Yield how numbers are written at home, the likelier ways first."""
    for plan in plans:
        if plan.trunk:
            yield _mobile(plan, plan.trunk, Form.MOBILE)
            yield _valid(plan, plan.trunk, Form.NATIONAL)
        else:
            yield from _without_trunk(plan)
    for code in dict.fromkeys(plan.code for plan in plans):
        if country := country_of(code):
            for trunk in ("", *country.trunks):
                for plan in country.plans:
                    yield _valid(plan, code + trunk, Form.COUNTRY_CODE)
    for plan in plans:
        if plan.trunk and has_trunk:
            yield _mobile(plan, "", Form.MOBILE_NO_TRUNK)
            yield _valid(plan, "", Form.NO_TRUNK)
        elif plan.trunk:
            yield _valid(plan, "", Form.BARE)


def _without_trunk(plan: Plan) -> Iterator[Way]:
    """Yield how the numbers of a plan are written that has no trunk prefix, but perhaps zeros."""
    bare = _valid(plan, "", Form.BARE)
    if "0" not in plan.first:
        yield bare
    else:
        yield bare._replace(rest=f"(?!0)(?:{plan.valid})")
        yield _mobile(plan, "", Form.MOBILE)
        yield _valid(plan, "", Form.NATIONAL)


def _nearby(plans: tuple[Plan, ...]) -> Iterator[Way]:
    """Yield how mobile numbers of neighbours are written."""
    for plan in sorted(plans, key=lambda plan: not plan.trunk):
        yield _mobile(plan, plan.trunk, Form.NEIGHBOUR)
    for plan in plans:
        yield _mobile(plan, plan.code, Form.NEIGHBOUR)


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
    code = home[0].code if home else ""
    return Numbering(
        code,
        has_trunk,
        [*_at_home(home, has_trunk=has_trunk)],
        [*([_FULL] if code == _FULL.code else []), *_nearby(near)],
        sizes.get("0", NOTHING),
        joined([sizes.get(digit, NOTHING) for digit in DIGITS[1:]]),
        sizes,
        least_of(own),
        {},
    )


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
