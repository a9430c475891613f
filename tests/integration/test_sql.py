"""The named queries against the migrated schema."""

import re
from pathlib import Path

import pytest

from relay.contact_rows import NewContact
from relay.context import Context
from relay.database import SQL, queries
from workers.decisions import MailOutcome

# Queries that name no site, each because the site is what they find, or because they watch over
# the operator's own tables; everything else names the site, so that one site is one shard.
OPERATOR_WIDE = {
    "find_reply_addresses": "the alias is the scope; its answer is the site",
    "find_key": "the key is the scope; its answer is the site",
    "pause_route": "next hops are the operator's, not a site's",
    "resume_route": "as pause_route",
    "read_routes": "as pause_route",
    "store_probe": "a mail of the operator's to himself, of no site",
    "read_probe": "as store_probe",
    "record_look": "the site is an argument of the function that chains the row",
    "forget_looks": "as record_look: every site's clock is its own in there",
    "page_wrapped_staff": "people of the operator's, of no site",
    "rewrap_staff": "as page_wrapped_staff",
    "count_ignorant_sessions": "master keys are the operator's",
    "note_rotation": "as count_ignorant_sessions",
    "rotated_at": "as count_ignorant_sessions",
    "leaving_tables": "whole months are dropped for every site alike",
    "count_guards": "whether the table is guarded is no site's matter",
}
STAFF = SQL / "queries" / "staff.sql"  # people of the operator's, of no site


def names_in(file: Path) -> list[str]:
    """Return the names of a file's queries."""
    return re.findall(r"^-- name: (\w+)", file.read_text("utf-8"), re.MULTILINE)


NAMES = sorted(name for file in (SQL / "queries").glob("*.sql") for name in names_in(file))


def text_of(name: str) -> str:
    """Return the statement of a named query as it is sent."""
    return str(getattr(queries(), name).sql)


def test_every_name_is_one_query() -> None:
    """No two files name a query alike: the later would hide the other."""
    assert len(NAMES) == len(set(NAMES))


async def test_every_query_prepares(context: Context) -> None:
    """Every named query is understood by PostgreSQL on the migrated schema."""
    async with context.database.connection() as connection:
        for name in NAMES:
            await connection.prepare(text_of(name))


def test_every_query_names_the_site() -> None:
    """A query says which site it is about, but for those that find the site."""
    scoped = set(NAMES) - set(OPERATOR_WIDE) - set(names_in(STAFF))
    words = {name: re.sub(r"--[^\n]*", "", text_of(name)) for name in scoped}
    assert not [name for name in scoped if "site_id" not in words[name]]


def test_the_exceptions_exist() -> None:
    """The list of operator-wide queries names no query that is gone."""
    assert set(OPERATOR_WIDE) <= set(NAMES)


@pytest.mark.parametrize(
    ("kind", "row"), [("new_contact", NewContact), ("mail_outcome", MailOutcome)]
)
async def test_composite_types(kind: str, row: type[tuple[object, ...]], context: Context) -> None:
    """A composite type has exactly the fields of its row, in the same order."""
    async with context.database.connection() as connection:
        found = await connection.fetch(
            "select attname from pg_attribute join pg_class on pg_class.oid = attrelid"
            " where relname = $1 and attnum > 0 and not attisdropped order by attnum",
            kind,
        )
    assert tuple(column["attname"] for column in found) == row._fields  # type: ignore[attr-defined]


@pytest.mark.parametrize("file", sorted((SQL / "queries").glob("*.sql")), ids=lambda p: p.name)
def test_no_select_star(file: Path) -> None:
    """No query takes whatever columns there are, which a migration would change silently."""
    bare = re.sub(r"--[^\n]*", "", file.read_text("utf-8"))
    stars = re.findall(r"select\s+\*", bare)
    assert not stars


async def test_site_comes_first(context: Context) -> None:
    """Every table that holds a site's data starts its primary key with site_id."""
    async with context.database.connection() as connection:
        rows = await connection.fetch(
            "select relname, (select attname from pg_attribute where attrelid = pg_class.oid"
            "   and attnum = indkey[0]) as first from pg_class"
            " join pg_index on indrelid = pg_class.oid and indisprimary"
            " where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
        )
    firsts = {row["relname"]: row["first"] for row in rows}
    others = {name for name, first in firsts.items() if first != "site_id"}
    staff = {"staff", "staff_link", "staff_session", "staff_try"}
    assert others == {"migration", "route", "probe", "key_rotation"} | staff
