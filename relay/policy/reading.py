"""Reads a policy file; every fault at once, each with its line and how to mend it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from relay.policy.model import FORMS, Policy
from relay.policy.places import Place, lines_of
from relay.texts import has, say


class PolicyInvalid(Exception):
    """The file cannot be a policy; the message has one line per fault, with its place."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend.

    Args:
        line: Where it stands, from 1; for something missing, where it belongs.
        place: Dotted name of the field, e.g. ``retention.messages.active_days``.
        code: Name of its sentence in ``relay/locale/<language>/policy.toml``.
    """

    line: int
    place: str
    code: str
    values: tuple[tuple[str, str], ...]

    def said(self, language: str) -> str:
        """Return the fault as a person reads it."""
        what = say(language, f"policy.{self.code}", **dict(self.values))
        return say(language, "policy.fault", line=self.line, place=self.place, what=what)


@lru_cache(maxsize=256)
def read_policy(source: str) -> Policy:
    """Read a policy file.

    Raises:
        PolicyInvalid: Every fault at once, one line each, in the order of the file.
    """
    read = _read(source)
    if isinstance(read, Policy):
        return read
    raise PolicyInvalid("\n".join(fault.said("en") for fault in read))


def find_faults(source: str) -> tuple[Fault, ...]:
    """Return everything that keeps *source* from being a policy; nothing when it is one."""
    read = _read(source)
    return () if isinstance(read, Policy) else read


def _read(source: str) -> Policy | tuple[Fault, ...]:
    try:
        return Policy.model_validate(tomllib.loads(source))
    except tomllib.TOMLDecodeError as error:
        line = getattr(error, "lineno", None) or _line_told(str(error), source)
        return (Fault(line, "toml", "not_toml", (("why", str(error)),)),)
    except ValidationError as error:
        lines = lines_of(source)
        faults = [_fault(one, lines) for one in error.errors(include_url=False)]
        return tuple(sorted(faults, key=lambda fault: (fault.line, fault.place)))


def _line_told(message: str, source: str) -> int:
    """Return the line tomllib names in its message; the last one when it says "end of document"."""
    _, _, told = message.partition("at line ")
    digits = told.partition(",")[0]
    return int(digits) if digits.isdigit() else source.count("\n") + 1


def _fault(error: Mapping[str, Any], lines: Mapping[Place, int]) -> Fault:
    place: Place = tuple(error["loc"])
    known = place
    while known and known not in lines:
        known = known[:-1]
    limits = {name: str(value) for name, value in (error.get("ctx") or {}).items()}
    code = f"fault_{_kind(error['type'], limits)}"
    values = {"why": error["msg"], "found": _shown(error.get("input"))} | limits
    return Fault(
        line=lines.get(known, 1),
        place=".".join(map(str, place)) or "policy",
        code=code if has("en", f"policy.{code}") else "fault_other",
        values=tuple(values.items()),
    )


def _kind(kind: str, limits: Mapping[str, str]) -> str:
    """Name a fault's sentence: of a contradiction, of a form that is missed, or of its kind."""
    if kind == "value_error":
        return limits["error"]
    forms = {pattern: name for name, pattern in FORMS.items()}
    return forms.get(limits.get("pattern", ""), kind)


def _shown(value: object) -> str:
    """Return what was found, when it is short enough to help."""
    return str(value)[:60] if isinstance(value, str | int | float) else "…"
