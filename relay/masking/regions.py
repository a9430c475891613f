"""The numbering plans of the regions, as compiled from the metadata of libphonenumber."""

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Plan:
    """The numbering plan of one region; patterns are compiled when first asked."""

    code: str
    trunk: str
    valid: str
    mobile: str
    lengths: tuple[int, ...]
    mobile_lengths: tuple[int, ...]

    def is_valid(self, significant: str) -> bool:
        """Tell whether a national significant number is in use."""
        return _compiled(self.valid).fullmatch(significant) is not None

    def is_mobile(self, significant: str) -> bool:
        """Tell whether a national significant number is a mobile one."""
        return _compiled(self.mobile).fullmatch(significant) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


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
    code, trunk, valid, mobile, lengths, mobile_lengths = row
    return Plan(
        code,
        trunk,
        valid,
        mobile or r"(?!)",
        tuple(map(int, lengths.split())),
        tuple(map(int, mobile_lengths.split())),
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
