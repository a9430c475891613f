"""The clock of a request: one calendar month, two more with notice, stopped while proof is awaited.

Source: GDPR 12(3); Regulation 1182/71, article 3: the day of receipt is not counted, a month ends
with the day of the same number or the last of its month, and an end on a Saturday, a Sunday or a
public holiday moves to the next working day. The pause: décret 2019-536.
"""

from calendar import monthrange
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
MONTHS, MONTHS_EXTENDED = 1, 3
MONTHS_A_YEAR = 12
SATURDAY = 5
# Month and day of the holidays that do not move (Code du travail, L3133-1).
_FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
_AFTER_EASTER = (1, 39, 50)  # Easter Monday, Ascension, Whit Monday


def local_day(at: datetime) -> date:
    """Return the day of *at* where the controller sits."""
    return at.astimezone(PARIS).date()


def last_day(received_at: datetime, *, paused_days: int = 0, extended: bool = False) -> date:
    """Return the last day on which a request is answered in time.

    Args:
        received_at: Aware.
        paused_days: Whole days during which proof was awaited.
    """
    months = MONTHS_EXTENDED if extended else MONTHS
    end = months_later(local_day(received_at), months) + timedelta(days=paused_days)
    while end.weekday() >= SATURDAY or end in holidays(end.year):
        end += timedelta(days=1)
    return end


def months_later(day: date, months: int) -> date:
    """Return the day of the same number *months* later, or the last day of a shorter month."""
    years, month = divmod(day.month - 1 + months, MONTHS_A_YEAR)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def days_between(paused_at: datetime, resumed_at: datetime) -> int:
    """Return the whole days of a pause; what is left of a day counts for the person."""
    return max(0, (resumed_at - paused_at).days)


@cache
def holidays(year: int) -> frozenset[date]:
    """Return the public holidays of a year in France."""
    easter = _easter(year)
    moving = {easter + timedelta(days=days) for days in _AFTER_EASTER}
    return frozenset(moving | {date(year, month, day) for month, day in _FIXED})


def _easter(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar, by the method of Butcher (1876)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - correction + 15) % 30
    to_sunday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    shift = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * shift + 114, 31)
    return date(year, month, day + 1)
