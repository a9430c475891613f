"""PostgreSQL: the pool, the named queries of ``sql/queries`` and the migrations.

The only room that imports asyncpg. What can be expected of a database that restarts, fails
over or is full becomes ``Unavailable``; everything else is a fault of ours and is raised.
"""

from relay.database.ledger import Ledger, count_ledger
from relay.database.pool import Database, UniqueConflict, queries, rows_of
from relay.database.roles import DatabaseRole, Login, may_change_schema
from relay.database.schema import (
    Migration,
    MigrationFailed,
    is_current,
    make_partitions,
    migrate,
    migrations,
)
from relay.database.terms import SQL, Connection, Record

__all__ = [
    "SQL",
    "Connection",
    "Database",
    "DatabaseRole",
    "Ledger",
    "Login",
    "Migration",
    "MigrationFailed",
    "Record",
    "UniqueConflict",
    "count_ledger",
    "is_current",
    "make_partitions",
    "may_change_schema",
    "migrate",
    "migrations",
    "queries",
    "rows_of",
]
