"""How PostgreSQL goes about the named queries of which messages and people wait."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from relay.context import Context
from relay.database import Connection, queries
from tests.rig.databases import Databases

# What every message asks on its way, and the tables that grow with messages.
WAY = ("find_places", "store_contacts", "read_mails", "mark_data", "extend", "settle")
DESK = (
    "find_subjects",
    "count_of_persons",
    "list_said",
    "own_messages",
    "own_traces",
    "own_conversations",
    "own_words",
)  # what an officer waits for, of one person among all
GROWING = {"person", "conversation", "message", "outbox", "attempt", "suppression", "told"}


@pytest.fixture
async def database_url(databases: Databases) -> AsyncIterator[str]:
    """A database of whose tables nobody ever took statistics."""
    url = await databases.take(fresh=True)
    yield url
    await databases.give_back(url)


async def test_rows_are_found_by_whole_keys(context: Context) -> None:
    """No step of a message, nor what an officer asks of a person, walks through a site's rows, even
    while the planner knows no figures.
    """
    async with context.database.connection() as connection:
        walks = {name: await _walks(connection, name) for name in (*WAY, *DESK)}
    assert not {name: indexes for name, indexes in walks.items() if indexes}


async def _walks(connection: Connection, name: str) -> list[str]:
    """Return the indexes of growing tables that a query enters by half a key."""
    text = getattr(queries(), name).sql
    arguments = len((await connection.prepare(text)).get_parameters())
    plan = await connection.fetchval(
        f"explain (generic_plan, format json) {text}", *[None] * arguments
    )
    return [
        node["Index Name"]
        for node in _scans(json.loads(plan)[0]["Plan"])
        if re.sub(r"_(\d{4}_\d\d|default)$", "", node.get("Relation Name", "")) in GROWING
        and " AND " not in node.get("Index Cond", "")
    ]


def _scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the scans of a plan that use an index."""
    if "Index Name" in plan:
        yield plan
    for below in plan.get("Plans", ()):
        yield from _scans(below)
