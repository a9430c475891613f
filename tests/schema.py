"""Writes sql/schema.sql: the tables that all migrations together make, as a picture to read.

The months of partitioned tables are left out, and of functions all but how they are called.
"""

import asyncio
import re
import tempfile
from pathlib import Path

import asyncpg

from relay.database import migrate
from relay.engines import start_engines
from tests.rig.users import logins_of

TARGET = Path(__file__).parent.parent / "sql" / "schema.sql"
HEAD = """\
-- The schema after the last migration, written by `make schema` and compared by a test.
-- Months of partitioned tables are left out; functions have their bodies in the migrations."""
_TABLES = """
select oid, relname as name, relkind = 'c' as is_type, pg_get_partkeydef(oid) as parts
from pg_class
where relnamespace = 'public'::regnamespace and relkind in ('c', 'r', 'p') and not relispartition
order by relkind <> 'c', relname
"""
_COLUMNS = """
select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as is_needed,
    pg_get_expr(adbin, adrelid) as value
from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
where attrelid = $1 and attnum > 0 and not attisdropped order by attnum
"""
_CONSTRAINTS = """
select pg_get_constraintdef(oid, true) as text from pg_constraint
where conrelid = $1 and contype in ('p', 'u', 'x', 'f', 'c')
order by array_position(array['p', 'u', 'x', 'f', 'c'], contype::text), conname
"""
_REST = """
select pg_get_indexdef(indexrelid) as text from pg_index
where indrelid = $1
    and not exists (select 1 from pg_constraint where conindid = indexrelid)
union all
select pg_get_triggerdef(oid, true) from pg_trigger where tgrelid = $1 and not tgisinternal
"""
_FUNCTIONS = """
select format('-- %s(%s) returns %s', proname, pg_get_function_arguments(oid),
    pg_get_function_result(oid)) as text
from pg_proc where pronamespace = 'public'::regnamespace
"""
_PLACE = re.compile(r"\bpublic\.|(?<= ON )ONLY ")


async def picture(connection: asyncpg.Connection) -> str:
    """Return the schema of a migrated database as statements, in order of names."""
    parts = [HEAD]
    for table in await connection.fetch(_TABLES):
        rows = [_column(row) for row in await connection.fetch(_COLUMNS, table["oid"])]
        rows += [row["text"] for row in await connection.fetch(_CONSTRAINTS, table["oid"])]
        name = table["name"]
        what = f"create type {name} as" if table["is_type"] else f"create table {name}"
        end = f" partition by {table['parts'].lower()}" if table["parts"] else ""
        parts.append(f"{what} (\n    " + ",\n    ".join(rows) + f"\n){end};")
        rest = sorted(row["text"] for row in await connection.fetch(_REST, table["oid"]))
        parts[-1] += "".join(f"\n{_PLACE.sub('', text)};" for text in rest)
    functions = sorted(row["text"] for row in await connection.fetch(_FUNCTIONS))
    return "\n\n".join([*parts, "\n".join(functions)]) + "\n"


def _column(row: asyncpg.Record) -> str:
    needed = " not null" if row["is_needed"] else ""
    value = f" default {row['value']}" if row["value"] else ""
    return f"{row['name']} {row['type']}{needed}{value}"


async def _draw(url: str) -> str:
    await migrate(url, logins=logins_of(url))
    connection = await asyncpg.connect(url)
    try:
        return await picture(connection)
    finally:
        await connection.close()


def main() -> None:
    """Migrate an empty database and write its picture."""
    with tempfile.TemporaryDirectory(prefix="relais-schema-") as folder:
        Path(folder).chmod(0o755)
        engines = start_engines(Path(folder))
        try:
            TARGET.write_text(asyncio.run(_draw(engines.database_url)), "utf-8")
        finally:
            engines.stop()


if __name__ == "__main__":
    main()
