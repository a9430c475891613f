"""What can be said no to: one exception per kind of refusal, each with a stable code.

Each door maps a code once and has its sentence in one place: the public doors in
``relay/web/problems.py`` and ``relay/locale/<language>/problems.toml``, the console its own
in ``relay/web/console/app.py`` and ``console.toml``, commands in ``relay/cli/telling.py``.
No exception carries an address, a number, a text or an IP.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One thing to correct in one field of a form or of a JSON body.

    Args:
        field: Name of the field as the visitor's program sent it, e.g. ``phone``.
        code: Stable code of the sentence, e.g. ``phone_digits_missing``.
        values: What the sentence needs to name the exact fix, e.g. ``{"n": 1}``.
        hint: An example of the right form, or a proposal; None when there is none.
    """

    field: str
    code: str
    values: Mapping[str, str | int] = dataclasses.field(default_factory=dict)
    hint: str | None = None


class Invalid(Exception):
    """The input can be corrected by the person who gave it."""

    def __init__(self, *faults: FieldFault) -> None:
        self.faults = faults
        super().__init__(", ".join(f"{fault.field}:{fault.code}" for fault in faults))


class Refused(Exception):
    """The request is understood and not carried out: rate, state, right or absence."""

    def __init__(self, code: str, *, retry_after_s: int | None = None, **values: str | int) -> None:
        self.code = code
        self.retry_after_s = retry_after_s
        self.values = values
        super().__init__(code)


class Unavailable(Exception):
    """The truth (PostgreSQL) cannot be reached now; nothing was decided, retry later."""
