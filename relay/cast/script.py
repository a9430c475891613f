"""The play of the demonstration: three months of a small site, with one ring of fraud (pure).

The same seed gives the same people, words and hours; only ids and keys differ.
"""

import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from typing import Any

LINES = 2000
RING_LINES = 60
LISTINGS = 60
BUYERS = 700
SPAN = timedelta(days=90)
RING_SPAN = timedelta(hours=40)
ANSWERED = 0.25  # of ordinary messages
# Hours of the day, by how much is written in them.
_HOURS = (1, 1, 0, 0, 0, 1, 2, 4, 6, 7, 7, 6, 8, 7, 6, 6, 7, 9, 12, 13, 13, 10, 6, 3)
_ENDS = ("delivered", "bounced", "expired", "cancelled")
_ENDS_WEIGHTS = (955, 25, 10, 10)
_SHARED_IP = "203.0.113.4"  # a phone network: honest people and one of the ring


@dataclass(frozen=True, slots=True)
class Thing:
    """A listing with its advertiser."""

    ref: str
    title: str
    details: str
    name: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a buyer, and what became of it.

    Args:
        ago: How long before now it came.
        end: The state it ended in; of the ring, what rules and staff made of it.
        answer: The advertiser's words in return; "" without any.
    """

    ago: timedelta
    ref: str
    name: str
    email: str
    phone: str
    text: str
    ip: str
    user_agent: str
    end: str
    answer: str
    is_ring: bool


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    email: str
    phone: str
    ip: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class Play:
    """Listings and lines, the oldest line first."""

    things: tuple[Thing, ...]
    lines: tuple[Line, ...]


def write_play(seed: int, now: datetime) -> Play:
    """Return the play of a seed as it stands *now*."""
    chance = random.Random(seed)  # noqa: S311 (a play, not a secret)
    words = tomllib.loads(resources.files(__package__).joinpath("words.toml").read_text("utf-8"))
    things = tuple(_things(chance, words))
    buyers = [_buyer(chance, words, number) for number in range(BUYERS)]
    lines = [_ordinary(chance, words, buyers, things, now) for _ in range(LINES - RING_LINES)]
    lines += _ring(chance, words, things)
    return Play(things, tuple(sorted(lines, key=lambda line: -line.ago)))


def _things(chance: random.Random, words: dict[str, Any]) -> Iterator[Thing]:
    for number in range(LISTINGS):
        title, price = words["things"][number % len(words["things"])]
        town = chance.choice(words["towns"])
        name = chance.choice(words["names"])
        yield Thing(
            ref=str(50_000 + number),
            title=title,
            details=f"{price}, {town}",
            name=name,
            email=f"annonceur{number // 2}@annonceur.example",
            phone=f"+3363998{9000 + number // 2:04d}",
        )


def _buyer(chance: random.Random, words: dict[str, Any], number: int) -> _Person:
    is_shared = number % 15 == 0
    ip = f"198.51.100.{number % 250 + 1}" if number % 2 else f"192.0.2.{number // 2 % 250 + 1}"
    return _Person(
        name=chance.choice(words["names"]),
        email=f"acheteur{number}@acheteuse.example",
        phone=f"+3363998{1000 + number:04d}",
        ip=_SHARED_IP if is_shared else ip,
        user_agent=chance.choice(words["browsers"]),
    )


def _ordinary(
    chance: random.Random,
    words: dict[str, Any],
    buyers: list[_Person],
    things: tuple[Thing, ...],
    now: datetime,
) -> Line:
    who = chance.choice(buyers)
    said = (chance.choice(words[part]) for part in ("openings", "questions", "endings"))
    opening, question, ending = said
    text = f"{opening}, {question} {ending}".format(
        town=chance.choice(words["towns"]), name=who.name
    )
    end = chance.choices(_ENDS, _ENDS_WEIGHTS)[0]
    is_answered = end == "delivered" and chance.random() < ANSWERED
    return Line(
        ago=_ago(chance, now),
        ref=chance.choice(things).ref,
        name=who.name,
        email=who.email,
        phone=who.phone,
        text=text.strip(),
        ip=who.ip,
        user_agent=who.user_agent,
        end=end,
        answer=chance.choice(words["answers"]) if is_answered else "",
        is_ring=False,
    )


def _ago(chance: random.Random, now: datetime) -> timedelta:
    """Return a time at which people write: few at night, the latest a quarter of an hour ago."""
    day = (now - timedelta(days=chance.randrange(SPAN.days))).date()
    hour = chance.choices(range(24), _HOURS)[0]
    minute, second = chance.randrange(60), chance.randrange(60)
    at = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=now.tzinfo)
    ago = now - at
    return ago if ago > timedelta(minutes=15) else ago + timedelta(days=1)


def _ring(chance: random.Random, words: dict[str, Any], things: tuple[Thing, ...]) -> list[Line]:
    """Return the ring: three phones, nine addresses, one network, one browser, a text in copies."""
    lines = []
    for number in range(RING_LINES):
        share = number / RING_LINES
        alias = chance.choice(words["aliases"])
        fraud = chance.choice(words["frauds"])
        is_shared = number % 12 == 0
        ip = _SHARED_IP if is_shared else f"203.0.113.{chance.choice((17, 18, 23))}"
        lines.append(
            Line(
                ago=RING_SPAN * (1 - share) + timedelta(minutes=chance.randrange(16, 40)),
                ref=chance.choice(things).ref,
                name=alias.partition(".")[0].title(),
                email=f"{alias}@courriel.example",
                phone=f"+3363998{7700 + chance.randrange(3):04d}",
                text=fraud.format(name=alias.partition(".")[0].title()),
                ip=ip,
                user_agent=words["browsers"][4],
                end="delivered",
                answer="",
                is_ring=True,
            )
        )
    return lines
