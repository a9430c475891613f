"""Proof of work, asked only of suspicious senders: no picture, no account, no third party."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from altcha.v1 import ChallengeOptions, create_challenge, verify_solution

LIFE = timedelta(minutes=20)
HARDNESS = 100_000  # hashes at most: about a second on a phone
LIMIT = 2000


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the browser has to solve: the number whose hash with the salt is ``challenge``."""

    algorithm: str
    challenge: str
    maxnumber: int
    salt: str
    signature: str


def new_challenge(key: bytes, now: datetime) -> Challenge:
    """Make a challenge that is good for twenty minutes."""
    made = create_challenge(
        ChallengeOptions(hmac_key=key.hex(), max_number=HARDNESS, expires=now + LIFE)
    )
    return Challenge(made.algorithm, made.challenge, made.max_number, made.salt, made.signature)


def solved(answer: str, keys: Sequence[bytes]) -> str | None:
    """Return the name of the challenge that *answer* solves, None when it solves none.

    Args:
        keys: Every key a challenge may have been made with: the newest, and those it replaces.
    """
    if not answer or len(answer) > LIMIT:
        return None
    try:
        payload = json.loads(base64.b64decode(answer, validate=True))
        right = any(verify_solution(payload, key.hex(), check_expires=True)[0] for key in keys)
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError):
        return None
    return str(payload["challenge"]) if right else None


def as_json(challenge: Challenge) -> dict[str, str | int]:
    """Return the challenge as its page reads it."""
    return asdict(challenge)
