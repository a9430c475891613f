"""Purge reports: what one run deleted and the oldest rows it left, signed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relay.context import Context
from relay.database import Connection, queries
from relay.sealing import new_id
from relay.sites import Site

PURPOSE = "purge reports"


@dataclass(frozen=True, slots=True)
class Purged:
    """One run on one site.

    Args:
        as_of: The time it went by.
        counts: Rows deleted, by table.
        oldest: The oldest row left, by class; None for no row.
        stopped: Classes in which the ceiling was reached: more is due than one run may take.
    """

    site: str
    as_of: datetime
    started_at: datetime
    ended_at: datetime
    counts: Mapping[str, int]
    oldest: Mapping[str, datetime | None]
    stopped: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the run for a program."""
        return {
            "site": self.site,
            "as_of": self.as_of.isoformat(),
            "started_at": self.started_at.isoformat(),
            "ended_at": self.ended_at.isoformat(),
            "counts": dict(self.counts),
            "oldest": {name: at and at.isoformat() for name, at in self.oldest.items()},
            "stopped": list(self.stopped),
        }


@dataclass(frozen=True, slots=True)
class ReadReport:
    """A stored report; ``is_genuine`` when its signature is ours."""

    body: dict[str, Any]
    is_genuine: bool

    @property
    def ended_at(self) -> datetime:
        """When the run ended."""
        return datetime.fromisoformat(self.body["ended_at"])


async def write_report(
    context: Context, connection: Connection, site: Site, purged: Purged
) -> None:
    """Sign and store a report."""
    body = json.dumps(purged.as_json(), sort_keys=True)
    await queries().add_purge_report(
        connection,
        site_id=site.site_id,
        report_id=new_id(purged.ended_at),
        body=body,
        signature=context.keyring.sign(PURPOSE, body),
    )


async def read_last_report(
    context: Context, connection: Connection, site: Site
) -> ReadReport | None:
    """Return the last report of a site, and whether it is as it was signed."""
    row = await queries().last_purge_report(connection, site_id=site.site_id)
    if row is None:
        return None
    genuine = context.keyring.is_signed(PURPOSE, row["body"], row["signature"])
    return ReadReport(json.loads(row["body"]), genuine)
