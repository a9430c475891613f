"""The roles the relay works as: none of them may change the schema (``sql/roles.sql``)."""

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote, urlsplit

import asyncpg

from relay.database.terms import SQL, Connection

RIGHTS = SQL / "roles.sql"


class DatabaseRole(StrEnum):
    """What a process may do; granted to the login it connects as."""

    APP = "relais_app"
    PURGE = "relais_purge"


@dataclass(frozen=True, slots=True)
class Login:
    """A user of the database, made when it is not there; *url* holds its password."""

    role: DatabaseRole
    url: str


async def make_login(connection: Connection, login: Login) -> None:
    """Make the user whom a URL names; one that may log in already keeps its password."""
    parts = urlsplit(login.url)
    name, password = unquote(parts.username or ""), unquote(parts.password or "")
    may = await connection.fetchval("select rolcanlogin from pg_roles where rolname = $1", name)
    if not name or may:
        return
    verb = "create" if may is None else "alter"  # a role of ours that nobody logged in as so far
    statement = await connection.fetchval(
        "select format('%s role %I login password %L', $1::text, $2::text, $3::text)",
        *(verb, name, password),
    )
    with suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
        await connection.execute(statement)  # for another database of this server


async def grant_rights(connection: Connection, logins: tuple[Login, ...]) -> None:
    """Bring the rights of every role to this version's, then let *logins* have them."""
    async with connection.transaction():
        await connection.execute("set local lock_timeout = '2s'")
        await connection.execute(RIGHTS.read_text("utf-8"))
        for login in logins:
            name = unquote(urlsplit(login.url).username or "")
            may = "select $1 in (current_user, $2) or pg_has_role($1, $2, 'member')"
            if not await connection.fetchval(may, name, login.role.value):
                await connection.execute(
                    await connection.fetchval(
                        "select format('grant %I to %I', $1::text, $2::text)",
                        login.role.value,
                        name,
                    )
                )


async def may_change_schema(connection: Connection) -> bool:
    """Tell whether this session's user owns the tables, or may make some."""
    return bool(
        await connection.fetchval(
            "select pg_has_role(relowner, 'member') or has_schema_privilege('public', 'create')"
            " from pg_class where oid = 'site'::regclass"
        )
    )
