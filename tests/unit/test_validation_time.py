"""How long reading may take, whatever is sent."""

import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from relay.errors import Invalid
from relay.validation import (
    card_numbers,
    mailbox_key,
    read_email,
    read_line,
    read_message,
    read_name,
    read_phone,
    read_siret,
    read_vat,
)

READERS: dict[str, Callable[[str], object]] = {
    "card_numbers": card_numbers,
    "mailbox_key": mailbox_key,
    "read_email": read_email,
    "read_line": lambda raw: read_line(raw, field="title", limit=200),
    "read_message": read_message,
    "read_name": read_name,
    "read_phone": read_phone,
    "read_siret": read_siret,
    "read_vat": read_vat,
}
UNITS = [
    "0", "4", "4 ", "06 ", "4111 ", "FR76 3000 ", "4111 1111 1111 1111 ", "AB12", "FR", "a@", "a.",
    "é.", "\u0301", "\u200d", "\ufdfa", "\r\n", "www.", "=?", "٠", "\ud800", "xn--", "\u3000",
]  # fmt: skip
SIZES = [60, 500, 2_000, 10_000]  # the last is the longest text any room takes


def _read(reader: Callable[[str], object], raw: str) -> float:
    started = time.process_time()
    with suppress(Invalid):
        reader(raw)
    return time.process_time() - started


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("unit", UNITS)
def test_reading_takes_less_than_50_ms(name: str, unit: str) -> None:
    """A26: any field of any size is read or refused in 50 ms of processor, best of three."""
    for size in SIZES:
        raw = (unit * size)[:size]
        best_s = min(_read(READERS[name], raw) for _ in range(3))
        assert best_s < 0.05, (name, unit, size)
