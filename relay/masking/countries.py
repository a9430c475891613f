"""Numbers with their country code.

Source: ITU-T E.164.
"""

from functools import cache
from typing import NamedTuple

from relay.masking.regions import Plan, plan_of, plans_of, regions_by_code
from relay.masking.sizes import LONGEST, SHORTEST
from relay.masking.trie import compiled


class Country(NamedTuple):
    """What may follow a country code: the plans of all its regions, and their trunk prefixes."""

    plans: tuple[Plan, ...]
    trunks: tuple[str, ...]

    def significant(self, rest: str) -> str | None:
        """Return the national number in what follows the code; a trunk prefix is forgiven."""
        for trunk in ("", *self.trunks):
            inner = rest[len(trunk) :]
            if rest.startswith(trunk) and any(_holds(plan, inner) for plan in self.plans):
                return inner
        return None


def _holds(plan: Plan, number: str) -> bool:
    """Tell whether *number* is a national number of *plan*."""
    return len(number) in plan.lengths and compiled(plan.valid).fullmatch(number) is not None


@cache
def country_of(code: str) -> Country | None:
    """Return what may follow a country code, None when no region has it."""
    plans = plans_of(regions_by_code().get(code, ()))
    return Country(plans, tuple(sorted({plan.trunk for plan in plans} - {""}))) if plans else None


def international(digits: str) -> str | None:
    """Read country code and national number; a trunk zero between them is forgiven.

    Returns:
        The E.164 number, or None.
    """
    if not SHORTEST <= len(digits) <= LONGEST + 1 or digits[0] == "0":
        return None
    for width in (1, 2, 3):
        country = country_of(digits[:width])
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
