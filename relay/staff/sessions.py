"""Logging in, within a bounded number of tries, and the sessions that follow."""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Record, queries, rows_of
from relay.errors import Refused
from relay.permissions import Level, Permission, Role, level
from relay.sealing import new_id, token_hash
from relay.sites import Site
from relay.staff.accounts import NAME, find_staff
from relay.staff.credentials import PASSWORD_SIGNS, is_password, open_secret, step_of

SESSION_LIFE = timedelta(hours=12)
HOUR = timedelta(hours=1)
TRIES_BY_NAME = 20  # an hour; more than one network has, so that one stranger locks nobody out
TRIES_BY_NETWORK = 15

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Session:
    """Who is logged in, and with which roles at which sites."""

    session_id: UUID
    staff_id: UUID
    name: str
    expires_at: datetime
    roles: Mapping[UUID, frozenset[Role]]

    def level(self, site: Site, permission: Permission) -> Level:
        """Return how far *permission* goes for this person at *site*."""
        return level(self.roles.get(site.site_id, ()), permission)


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A fresh session and the token that only its browser has."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session in the list of one's own."""

    session_id: UUID
    started_at: datetime
    expires_at: datetime


async def log_in(context: Context, name: str, password: str, code: str, network: str) -> LoggedIn:
    """Check name, password and code together, and start a session.

    Args:
        network: Where the try comes from: an address, or the network of one household.

    Raises:
        Refused: ``login_wrong``, the same for every reason; ``rate_limited``: too many tries
            for this name or from this network, whether the name exists or not.
    """
    staff_id = await _prove(context, name, password, code, network)
    token, now = secrets.token_urlsafe(32), context.clock()
    async with context.database.connection() as connection, connection.transaction():
        await queries().end_old_sessions(connection, now=now)
        await queries().start_session(
            connection,
            session_hash=token_hash(token),
            session_id=new_id(now),
            staff_id=staff_id,
            started_at=now,
            expires_at=now + SESSION_LIFE,
        )
    log.info("staff.logged_in", staff_id=str(staff_id))
    return LoggedIn(token, now + SESSION_LIFE)


async def vouch(context: Context, name: str, password: str, code: str, network: str) -> Session:
    """Let a second person agree at the first one's screen: proofs as to log in, but no session.

    Returns:
        Who agreed, as a session that is over already.

    Raises:
        Refused: As ``log_in``.
    """
    made = await log_in(context, name, password, code, network)
    session = await read_session(context, made.token)
    if session is None:
        raise Refused("login_wrong")
    await end_session(context, session.staff_id, session.session_id)
    return session


async def read_session(context: Context, token: str) -> Session | None:
    """Return the session a browser's token stands for; None when it is over, ended or made up."""
    async with context.database.connection() as connection:
        row = await queries().read_session(
            connection, session_hash=token_hash(token), now=context.clock()
        )
    if row is None:
        return None
    roles: dict[UUID, set[Role]] = {}
    known = {role.value for role in Role}
    for site_id, role in zip(row["site_ids"], row["roles"], strict=True):
        if role in known:
            roles.setdefault(site_id, set()).add(Role(role))
    return Session(
        row["session_id"],
        row["staff_id"],
        row["name"],
        row["expires_at"],
        {site_id: frozenset(held) for site_id, held in roles.items()},
    )


async def list_sessions(context: Context, staff_id: UUID) -> list[OpenSession]:
    """Return a person's open sessions, newest first."""
    async with context.database.connection() as connection:
        rows = await rows_of(
            queries().list_sessions(connection, staff_id=staff_id, now=context.clock())
        )
    return [OpenSession(row["session_id"], row["started_at"], row["expires_at"]) for row in rows]


async def end_session(context: Context, staff_id: UUID, session_id: UUID) -> None:
    """End a session of this person's; another's is not touched."""
    async with context.database.connection() as connection:
        await queries().end_session(connection, staff_id=staff_id, session_id=session_id)
    log.info("staff.session_ended", staff_id=str(staff_id))


async def end_sessions(context: Context, name: str) -> None:
    """End every session of a person.

    Raises:
        Refused: ``staff_unknown``.
    """
    row = await find_staff(context, name)
    async with context.database.connection() as connection:
        await queries().end_sessions(connection, staff_id=row["staff_id"])


async def _prove(context: Context, name: str, password: str, code: str, network: str) -> UUID:
    """Return whose name, password and code these are, and use the code up."""
    name = name.strip().lower()
    subjects = [_subject(context, "name", name), _subject(context, "network", network)]
    await _count_try(context, subjects)
    row = await _find_or_none(context, name)
    known = row["password_hash"] if row else None
    is_right = await is_password(known, password[: PASSWORD_SIGNS[1]])
    if row is None or not is_right:
        raise Refused("login_wrong")
    step = step_of(open_secret(context, row), code, context.clock())
    if step is None:
        raise Refused("login_wrong")
    async with context.database.connection() as connection, connection.transaction():
        named = {"staff_id": row["staff_id"], "totp_step": step}
        if await queries().take_step(connection, **named) is None:
            raise Refused("login_wrong")  # the code was seen and used before
        hour = _hour(context.clock())
        await queries().forgive_tries(connection, subjects=subjects, hour=hour)
    staff_id: UUID = row["staff_id"]
    return staff_id


async def _find_or_none(context: Context, name: str) -> Record | None:
    try:
        return await find_staff(context, name) if NAME.fullmatch(name) else None
    except Refused:
        return None


async def _count_try(context: Context, subjects: Sequence[bytes]) -> None:
    now = context.clock()
    async with context.database.connection() as connection:
        rows = await rows_of(queries().count_tries(connection, subjects=subjects, hour=_hour(now)))
    tries = {row["subject_hash"]: row["tries"] for row in rows}
    by_name, by_network = (tries[subject] for subject in subjects)
    if by_name > TRIES_BY_NAME or by_network > TRIES_BY_NETWORK:
        left = _hour(now) + HOUR - now
        log.warning("staff.tries_refused", by_name=by_name, by_network=by_network)
        raise Refused("rate_limited", retry_after_s=int(left.total_seconds()) + 1)


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def _subject(context: Context, kind: str, value: str) -> bytes:
    """Name a try's subject by a keyed hash: a list of tries is no list of names or addresses."""
    key = context.keyring.signing_keys("log-in tries")[0]
    return hmac.digest(key, f"{kind}\0{value}".encode(), "sha256")
