"""What a person proves with: a password, hashed with Argon2id, and the codes of a device."""

import asyncio
import hmac
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from relay.context import Context
from relay.database import Record

PASSWORD_SIGNS = (12, 200)
STEP_S = 30

_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
# 64 MiB for each thread: tries wait, memory does not grow.
_threads = ThreadPoolExecutor(2, "argon2")


async def hash_password(password: str) -> str:
    """Return what is stored of a password (RFC 9106)."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


async def is_password(known: str | None, password: str) -> bool:
    """Compare with what is stored; for as long, too, when there is nothing to compare with."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, _verify, known, password)


def new_secret() -> str:
    """Return a secret for a device, in base32."""
    return pyotp.random_base32()


def device_uri(secret: str, name: str) -> str:
    """Return the address by which a device takes a secret over."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="Relais")


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the thirty seconds a code belongs to: this, the last or the next."""
    digits = "".join(code.split())
    totp, step = pyotp.TOTP(secret), int(now.timestamp()) // STEP_S
    for near in (step, step - 1, step + 1):
        if hmac.compare_digest(totp.generate_otp(near).encode(), digits.encode()):
            return near
    return None


def seal_secret(context: Context, row: Record, secret: str) -> bytes:
    """Seal a device's secret under the key of its person."""
    key = context.keyring.unwrap(row["wrapped_key"], f"staff:{row['staff_id']}")
    return key.seal(secret, _place(row))


def open_secret(context: Context, row: Record) -> str:
    """Open what ``seal_secret`` made."""
    key = context.keyring.unwrap(row["wrapped_key"], f"staff:{row['staff_id']}")
    return key.open(row["sealed_totp"], _place(row))


def _place(row: Record) -> str:
    return f"staff.sealed_totp:{row['staff_id']}"


def _verify(known: str | None, password: str) -> bool:
    try:
        return _hasher.verify(known or _nobody(), password) and known is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_urlsafe(32))
