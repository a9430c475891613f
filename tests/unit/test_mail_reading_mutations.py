"""F45: whatever happens to a mail on its way, reading it gives a value that can be kept."""

import random
import time
from pathlib import Path

import pytest

from relay.mail import read
from relay.mail.reading.encoding import from_json, to_json
from relay.mail.reading.values import Incoming
from tests.rig.scale import scale
from tests.unit.mail_files import MAILS, sample_mail, samples

FILES = sorted([*MAILS.rglob("*.eml"), *(MAILS / "bounces" / "flufl").glob("*.txt")])
GROUPS = 8
ROUNDS = scale(50, 125)
FILES_PER_GROUP = scale(6, len(FILES))
LIMIT_S = 2.0


def _flipped(raw: bytes, dice: random.Random) -> bytes:
    changed = bytearray(raw)
    for place in dice.choices(range(len(raw)), k=dice.randint(1, 8)):
        changed[place] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _cut(raw: bytes, dice: random.Random) -> bytes:
    return raw[: dice.randrange(len(raw))]


def _between(raw: bytes, dice: random.Random) -> tuple[bytes, bytes, bytes]:
    at, to = sorted(dice.choices(range(len(raw) + 1), k=2))
    return raw[:at], raw[at:to], raw[to:]


def _holed(raw: bytes, dice: random.Random) -> bytes:
    before, _, after = _between(raw, dice)
    return before + after


def _doubled(raw: bytes, dice: random.Random) -> bytes:
    before, block, after = _between(raw, dice)
    return before + block * dice.randint(2, 4) + after


def _noisy(raw: bytes, dice: random.Random) -> bytes:
    before, block, after = _between(raw, dice)
    return before + dice.randbytes(dice.randint(1, 30)) + block + after


def _swapped(raw: bytes, dice: random.Random) -> bytes:
    lines = raw.split(b"\n")
    head = lines[: dice.randint(2, 30)]
    shuffled = dice.sample(head, len(head))
    return b"\n".join(shuffled + lines[len(head) :])


def _swollen(raw: bytes, dice: random.Random) -> bytes:
    lines = raw.split(b"\n")
    place = dice.randrange(len(lines))
    lines[place] *= dice.randint(2, 200)
    return b"\n".join(lines)


CHANGES = (_flipped, _cut, _holed, _doubled, _noisy, _swapped, _swollen)


def mutations(raw: bytes, dice: random.Random) -> bytes:
    """Return *raw* with one thing done to it."""
    return dice.choice(CHANGES)(raw or b"\n", dice)


def kept(raw: bytes) -> Incoming:
    """Read *raw* and send the value through what the process boundary does to it."""
    found = read(raw)
    written = to_json(found)
    assert from_json(written) == found
    return found


def group(number: int) -> list[Path]:
    """Return the files of one group, the same in each run."""
    chosen = random.Random(number).sample(FILES, FILES_PER_GROUP)
    return sorted(chosen)


@pytest.mark.parametrize("number", range(GROUPS))
@pytest.mark.timeout(scale(120, 7200))
def test_mutated_mails_are_read(number: int) -> None:
    """F45: every stored mail with fifty changes is a value, within two seconds (long: CHAOS=1)."""
    slowest = 0.0
    for file in group(number):
        dice, raw = random.Random(f"{number} {file.name}"), file.read_bytes()
        for _ in range(ROUNDS):
            mutated = mutations(raw, dice)
            begin = time.process_time()
            kept(mutated)
            slowest = max(slowest, time.process_time() - begin)
    assert slowest <= LIMIT_S


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_stored_mails_are_read(file: Path) -> None:
    """F45: every stored mail is a value that survives the way out of the reading process."""
    kept(file.read_bytes())


def test_random_bytes_are_read() -> None:
    """F45: noise is read too."""
    dice = random.Random(45)
    for size in range(0, 4000, 40):
        kept(dice.randbytes(size))


def test_cut_samples_are_read() -> None:
    """F45: each sample of an answer, cut at any place of its header, is a value."""
    mail = sample_mail(samples()["person_bien_recu"])
    for at in range(0, len(mail), 3):
        kept(mail[:at])
