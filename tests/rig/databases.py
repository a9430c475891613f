"""Databases for tests: each test has one to itself, migrated and empty.

Making one takes a hundred times as long as emptying one, so a database whose schema is as it was
is emptied, given a new name, so that nothing a test left running finds it, and used again.
"""

import uuid

import asyncpg

ROWS_MOST = 500  # of all tables: more leave dead rows and statistics that slow the next test
SEED = "migration"  # the one table that a migrated database has rows in
SHAPE = f"""
select md5(string_agg(part, ' ' order by part)) from (
    select concat_ws(',', relname, relkind, relacl, relowner::regrole, relrowsecurity) as part
        from pg_class where relnamespace = 'public'::regnamespace
    union all select concat_ws(',', attrelid::regclass, attname, atttypid, attnotnull, attacl)
        from pg_attribute join pg_class on pg_class.oid = attrelid
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and attnum > 0
    union all select concat_ws(',', conrelid::regclass, conname, convalidated) from pg_constraint
    union all select concat_ws(',', tgrelid::regclass, tgname, tgenabled) from pg_trigger
    union all select concat_ws(',', indexrelid::regclass, indisvalid) from pg_index
    union all select concat_ws(',', proname, md5(prosrc), proacl) from pg_proc
        where pronamespace = 'public'::regnamespace
    union all select concat_ws(',', setrole, setconfig) from pg_db_role_setting
    union all select concat_ws(',', inhrelid::regclass, inhparent::regclass) from pg_inherits
    union all select to_jsonb({SEED})::text from {SEED}
) as parts
"""
WRITTEN = """
select relname from pg_class where relnamespace = 'public'::regnamespace
    and relkind = 'r' and relname <> $1 and pg_relation_size(oid) > 0
"""
NO_TRIGGERS = "set local session_replication_role = replica"
DELETED = "select sum(n_tup_del) from pg_stat_xact_user_tables"


class Databases:
    """The databases of one test process.

    Args:
        server_url: Of a superuser, on any database of the server.
        template: A migrated database to copy.
    """

    def __init__(self, server_url: str, template: str) -> None:
        self._server_url = server_url
        self._template = template
        self._free: list[str] = []
        self._shape: str | None = None

    async def take(self, *, fresh: bool = False) -> str:
        """Return the URL of a database with all tables and no rows.

        Args:
            fresh: No test had it before, so that the planner knows no figures of its tables.
        """
        name = f"t_{uuid.uuid4().hex[:12]}"
        server = await asyncpg.connect(self._server_url)
        try:
            if self._free and not fresh:
                await server.execute(f"alter database {self._free.pop()} rename to {name}")
            else:
                await server.execute(f"create database {name} template {self._template}")
        finally:
            await server.close()
        return self._url(name)

    async def give_back(self, url: str) -> None:
        """Keep a database for the next test, or drop it when it is not what it was."""
        name = url.rpartition("/")[2]
        server = await asyncpg.connect(self._server_url)
        try:
            await server.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name
            )
            if await self._empty(url):
                self._free.append(name)
            else:
                await server.execute(f"drop database {name} with (force)")
        finally:
            await server.close()

    async def _empty(self, url: str) -> bool:
        """Empty a database; False when it cannot be used again."""
        connection = await asyncpg.connect(url)
        try:
            if await connection.fetchval(SHAPE) != await self._template_shape():
                return False
            written = await connection.fetch(WRITTEN, SEED)
            deleting = [f'delete from "{table["relname"]}"' for table in written]
            async with connection.transaction():
                await connection.execute("; ".join((NO_TRIGGERS, *deleting)))
                if await connection.fetchval(DELETED) > ROWS_MOST:
                    return False
            await connection.execute("select setval('outbox_token', 1, false)")
        finally:
            await connection.close()
        return True

    async def _template_shape(self) -> str | None:
        if self._shape is None:
            connection = await asyncpg.connect(self._url(self._template))
            self._shape = await connection.fetchval(SHAPE)
            await connection.close()
        return self._shape

    def _url(self, name: str) -> str:
        return self._server_url.rsplit("/", 1)[0] + "/" + name
