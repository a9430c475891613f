"""How suspicious a contact looks: named signals, each with its weight, nothing hidden.

A score never drops a message: from ``SUSPICIOUS`` on a proof of work is asked for, and a
message without one, or above ``HOLD_ANYWAY``, waits for a person (docs/ux: never a silent drop).
"""

import re
from dataclasses import dataclass
from enum import StrEnum

SUSPICIOUS = 5
HOLD_ANYWAY = 8
QUICKEST_FILL_S = 2.0

_LINK = re.compile(
    r"https?://|www\.\S|(?<![\w-])[\w-]+\.(?:top|icu|cyou|xyz|click|shop)\b", re.IGNORECASE
)


class Signal(StrEnum):
    """What raised a score."""

    TRAP_FILLED = "trap_filled"
    UNSIGNED_FORM = "unsigned_form"
    FILLED_TOO_FAST = "filled_too_fast"
    DISPOSABLE_ADDRESS = "disposable_address"
    CANVASSING_NUMBER = "canvassing_number"
    LINK = "link"
    MANY_LINKS = "many_links"


WEIGHTS = {
    Signal.TRAP_FILLED: 6,
    Signal.UNSIGNED_FORM: 1,
    Signal.FILLED_TOO_FAST: 2,
    Signal.DISPOSABLE_ADDRESS: 2,
    Signal.CANVASSING_NUMBER: 3,
    Signal.LINK: 2,
    Signal.MANY_LINKS: 3,
}


@dataclass(frozen=True, slots=True)
class Score:
    """The sum of the weights of its signals."""

    signals: tuple[Signal, ...]

    @property
    def points(self) -> int:
        """The sum."""
        return sum(WEIGHTS[signal] for signal in self.signals)

    @property
    def is_suspicious(self) -> bool:
        """Whether the sender has something to prove first."""
        return self.points >= SUSPICIOUS


@dataclass(frozen=True, slots=True)
class FormEvidence:
    """What the form itself tells; a program with the site's secret key sends none.

    Args:
        trap: What stood in the field people do not see.
        filled_in_s: Seconds between showing and sending, None when the form bears no signature.
    """

    trap: str
    filled_in_s: float | None


def score(
    text: str,
    form: FormEvidence | None,
    *,
    disposable: bool,
    canvassing: bool,
) -> Score:
    """Name every signal of a contact; the order is that of ``Signal``."""
    links = len(_LINK.findall(text))
    seen = {
        Signal.TRAP_FILLED: form is not None and bool(form.trap.strip()),
        Signal.UNSIGNED_FORM: form is not None and form.filled_in_s is None,
        Signal.FILLED_TOO_FAST: form is not None
        and form.filled_in_s is not None
        and form.filled_in_s < QUICKEST_FILL_S,
        Signal.DISPOSABLE_ADDRESS: disposable,
        Signal.CANVASSING_NUMBER: canvassing,
        Signal.LINK: links > 0,
        Signal.MANY_LINKS: links > 2,  # noqa: PLR2004 (the third link)
    }
    return Score(tuple(signal for signal in Signal if seen[signal]))
