"""The numbering plans of the regions, as compiled from the metadata of libphonenumber."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Plan:
    """The numbering plan of one region.

    Args:
        code: Country code.
        trunk: What is dialled before a national number.
        valid, mobile: Patterns of all national numbers, and of mobile ones.
        lengths, mobile_lengths: How many digits they have.
        first, mobile_first: The digits they can begin with.
    """

    code: str
    trunk: str
    valid: str
    mobile: str
    lengths: tuple[int, ...]
    mobile_lengths: tuple[int, ...]
    first: str
    mobile_first: str


@cache
def _table() -> dict[str, list[str]]:
    file = resources.files("relay.masking") / "data" / "plans.json"
    table: dict[str, list[str]] = json.loads(file.read_text(encoding="utf-8"))
    return table


@cache
def plan_of(region: str) -> Plan | None:
    """Return the plan of an ISO 3166 *region*, None when it has none."""
    row = _table().get(region.upper())
    if row is None:
        return None
    code, trunk, valid, mobile, lengths, mobile_lengths, first, mobile_first = row
    return Plan(
        code,
        trunk,
        valid,
        mobile or r"(?!)",
        tuple(map(int, lengths.split())),
        tuple(map(int, mobile_lengths.split())),
        first,
        mobile_first,
    )


@cache
def regions_by_code() -> dict[str, tuple[str, ...]]:
    """Return the regions that share each country code, the main one first."""
    found: dict[str, list[str]] = {}
    for region, row in _table().items():
        found.setdefault(row[0], []).append(region)
    return {code: tuple(regions) for code, regions in found.items()}


def plans_of(regions: tuple[str, ...]) -> tuple[Plan, ...]:
    """Return the plans of those of *regions* that have one."""
    return tuple(plan for region in regions if (plan := plan_of(region)))
