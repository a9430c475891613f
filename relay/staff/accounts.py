"""Accounts: made with a one-time link, given roles, closed and never deleted."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from relay.context import Context
from relay.database import Record, UniqueConflict, queries, rows_of
from relay.errors import Refused
from relay.permissions import Role
from relay.sealing import new_id, token_hash
from relay.sites import Site
from relay.staff.credentials import (
    PASSWORD_SIGNS,
    device_uri,
    hash_password,
    new_secret,
    open_secret,
    seal_secret,
    step_of,
)

LINK_LIFE = timedelta(hours=24)
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a one-time link offers: an account and the secret for its device (base32)."""

    staff_id: UUID
    name: str
    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class Member:
    """A person with the roles held at one site."""

    name: str
    roles: Sequence[str]


async def add_staff(context: Context, name: str) -> str:
    """Make an account without any role and return the token of its one-time link.

    Raises:
        Refused: ``staff_name_wrong``, ``staff_exists``.
    """
    if not NAME.fullmatch(name):
        raise Refused("staff_name_wrong")
    staff_id = new_id(context.clock())
    _, wrapped = context.keyring.new_key(f"staff:{staff_id}")
    try:
        async with context.database.connection() as connection:
            await queries().add_staff(connection, staff_id=staff_id, name=name, wrapped_key=wrapped)
    except UniqueConflict:
        raise Refused("staff_exists") from None
    log.info("staff.added", staff_id=str(staff_id))
    return await new_link(context, name)


async def new_link(context: Context, name: str) -> str:
    """Return the token of a new one-time link; earlier ones and every session end.

    Raises:
        Refused: ``staff_unknown``.
    """
    token = secrets.token_urlsafe(32)
    row = await find_staff(context, name)
    staff_id = row["staff_id"]
    async with context.database.connection() as connection, connection.transaction():
        await queries().delete_links(connection, staff_id=staff_id)
        await queries().end_sessions(connection, staff_id=staff_id)
        await queries().add_link(
            connection,
            link_hash=token_hash(token),
            staff_id=staff_id,
            sealed_totp=seal_secret(context, row, new_secret()),
            expires_at=context.clock() + LINK_LIFE,
        )
    log.info("staff.link_made", staff_id=str(staff_id))
    return token


async def read_invitation(context: Context, token: str) -> Invitation:
    """Show what a link offers; it is not used up.

    Raises:
        Refused: ``link_wrong``: used, over, or never made.
    """
    async with context.database.connection() as connection:
        row = await queries().read_staff_link(
            connection, link_hash=token_hash(token), now=context.clock()
        )
    if row is None:
        raise Refused("link_wrong")
    secret = open_secret(context, row)
    return Invitation(row["staff_id"], row["name"], secret, device_uri(secret, row["name"]))


async def accept_invitation(context: Context, token: str, password: str, code: str) -> None:
    """Set the password and the device of an account, and use its link up; every session ends.

    Until then the earlier proofs are good, and who has stolen them may log in once more.

    Raises:
        Refused: ``link_wrong``; ``password_short``, ``password_long``; ``code_wrong``: the
            device does not show it, so it would show no later one either.
    """
    invitation = await read_invitation(context, token)
    least, most = PASSWORD_SIGNS
    if len(password) < least:
        raise Refused("password_short", n=least)
    if len(password) > most:
        raise Refused("password_long", n=most)
    step = step_of(invitation.secret, code, context.clock())
    if step is None:
        raise Refused("code_wrong")
    password_hash = await hash_password(password)
    async with context.database.connection() as connection, connection.transaction():
        row = await queries().read_staff_link(
            connection, link_hash=token_hash(token), now=context.clock()
        )
        taken = await queries().use_link(
            connection, link_hash=token_hash(token), now=context.clock()
        )
        if row is None or taken is None:
            raise Refused("link_wrong")
        await queries().set_credentials(
            connection,
            staff_id=invitation.staff_id,
            password_hash=password_hash,
            sealed_totp=row["sealed_totp"],
            totp_step=step,
        )
        await queries().end_sessions(connection, staff_id=invitation.staff_id)
    log.info("staff.ready", staff_id=str(invitation.staff_id))


async def close_staff(context: Context, name: str) -> None:
    """Close an account and end its sessions; the journal keeps naming it.

    Raises:
        Refused: ``staff_unknown``.
    """
    row = await find_staff(context, name)
    async with context.database.connection() as connection, connection.transaction():
        await queries().close_staff(connection, staff_id=row["staff_id"])
        await queries().delete_links(connection, staff_id=row["staff_id"])
        await queries().end_sessions(connection, staff_id=row["staff_id"])
    log.info("staff.closed", staff_id=str(row["staff_id"]))


async def set_role(context: Context, name: str, site: Site, role: Role, *, held: bool) -> None:
    """Give a person a role at a site, or take it back.

    Raises:
        Refused: ``staff_unknown``.
    """
    row = await find_staff(context, name)
    change = queries().grant_role if held else queries().revoke_role
    async with context.database.connection() as connection:
        await change(connection, site_id=site.site_id, staff_id=row["staff_id"], role=role.value)
    log.info("staff.role", staff_id=str(row["staff_id"]), role=role.value, held=held)


async def list_staff(context: Context) -> list[Record]:
    """Return everybody with their roles as ``site:role``."""
    async with context.database.connection() as connection:
        return await rows_of(queries().list_staff(connection))


async def list_members(context: Context, site: Site) -> list[Member]:
    """Return who holds a role at a site."""
    async with context.database.connection() as connection:
        rows = await rows_of(queries().list_site_staff(connection, site_id=site.site_id))
    return [Member(row["name"], row["roles"]) for row in rows]


async def find_staff(context: Context, name: str) -> Record:
    """Return an open account.

    Raises:
        Refused: ``staff_unknown``.
    """
    async with context.database.connection() as connection:
        row: Record | None = await queries().find_staff(connection, name=name)
    if row is None:
        raise Refused("staff_unknown")
    return row
