"""``python -m bench.rights``: a person among many messages, from request to answer.

One person who wrote a few hundred messages about fifty listings, in a site of a million and of a
hundred thousand looks. Measured is what the machine does: the page the officer sees, the ZIP, the
erasure with its certificate.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Awaitable
from dataclasses import replace
from uuid import UUID

import asyncpg

from bench.lookup import staff
from bench.many import fill
from bench.purge import house
from relay import listings
from relay.catalogue import Advertiser, Listing
from relay.contact_rows import ContactRequest
from relay.contacts import Fields, Origin, read_contact
from relay.context import Context
from relay.conversations import ContactDesk
from relay.looks import Look
from relay.rights import access, decisions, intake
from relay.rights.erasure import erase_persons
from relay.rights.intake import Asked
from relay.rights.register import read_case
from relay.rights.requests import PERSON, Content, DataRequest, advance, read_request
from relay.rights.standing import Door, Event, Kind, Step
from relay.rights.subjects import find_subjects
from relay.sealing import public_id
from relay.sites import Site

LISTINGS = 50
LEA = "lea@acheteuse.example"
ADVERTISER = Advertiser("Camille", "camille@annonceur.example", "+33639980123")
LOOKS = (
    "insert into look (site_id, number, staff_id, action, subject, reason, at, previous, digest)"
    " select $1, i, $2, 'list', 'msg_' || md5(i::text) || ' text', 'bench', now(), '', ''"
    " from generate_series(1, $3::bigint) as i"
)


async def main() -> None:
    """Fill a site, and measure one person's way through it."""
    parser = argparse.ArgumentParser(prog="python -m bench.rights")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--own", type=int, default=300)
    parser.add_argument("--looks", type=int, default=100_000)
    chosen = parser.parse_args()
    async with house() as (context, site, url):
        began = time.monotonic()
        await fill(context, site, url, chosen.rows)
        officer = await staff(url)
        await looks(url, site, officer, chosen.looks)
        await correspond(context, site, chosen.own)
        print(f"{chosen.rows} messages in {time.monotonic() - began:.0f} s", flush=True)
        request = await asked(context, site)
        look = Look(site.site_id, officer, "act", "bench", "bench", context.clock())
        seen = replace(look, action="open", subject=public_id("req", request.request_id))
        for name in ("the officer's page", "the same again"):
            await timed(name, read_case(context, site, request.request_id, seen))
        await timed("accept", decisions.accept(context, site, request.request_id, look))
        packet = await timed("the ZIP", access.build_packet(context, site, request))
        print(f"{len(packet) / 1024:.0f} kB", flush=True)
        await timed("erasure", erased(context, site, request))


async def timed(name: str, act: Awaitable[object]) -> bytes:
    """Print how long an act takes; return what it returns, when that is bytes."""
    began = time.monotonic()
    result = await act
    print(json.dumps({"row": name, "s": round(time.monotonic() - began, 2)}), flush=True)
    return result if isinstance(result, bytes) else b""


async def correspond(context: Context, site: Site, count: int) -> None:
    """Have one person write, about many listings."""
    for number in range(LISTINGS):
        listing = Listing(
            ref=f"bench-{number}",
            title="Vélo",
            details="",
            url=None,
            language="fr",
            show_phone=False,
            advertiser=ADVERTISER,
        )
        await listings.put_listing(context, site, listing)
    desk, origin = ContactDesk(context), Origin("192.0.2.1", 40000, "", "bench", "fr")
    for number in range(count):
        text = f"Bonjour, est-il disponible ? Question {number}."
        given = Fields(f"bench-{number % LISTINGS}", LEA, "06 39 98 04 56", text, "Léa")
        contact = read_contact(given, site.policy, language="fr", sandbox=True, form=None)
        await desk.accept(
            ContactRequest(
                site=site,
                contact=contact,
                origin=origin,
                key=None,
                request_hash=b"",
                policy_version=site.policy.version,
                received_at=context.clock(),
                held_for=None,
                receipt=False,
            )
        )


async def asked(context: Context, site: Site) -> DataRequest:
    """Have the person ask for access, and prove it."""
    content = Content(LEA, "+33639980456")
    request_id = await intake.ask(context, site, Asked(Door.PAGE, Kind.ACCESS, "fr", content))
    async with context.database.connection() as connection, connection.transaction():
        request = await read_request(context, connection, site, request_id, lock=True)
        step = Step(Event.PROVED, context.clock(), PERSON)
        return await advance(connection, site, request, step)


async def erased(context: Context, site: Site, request: DataRequest) -> None:
    """Erase the person, as the worker does."""
    async with context.database.connection() as connection, connection.transaction():
        subjects = await find_subjects(context, connection, site, request)
        await erase_persons(context, connection, site, subjects, request.request_id)


async def looks(url: str, site: Site, officer: UUID, count: int) -> None:
    """Put looks at other messages into the journal."""
    connection = await asyncpg.connect(url)
    await connection.execute("set session_replication_role = replica")
    await connection.execute(LOOKS, site.site_id, officer, count, timeout=300)
    await connection.execute("insert into look_chain values ($1, 1, $2, '')", site.site_id, count)
    await connection.execute("vacuum analyze look")
    await connection.close()


if __name__ == "__main__":
    asyncio.run(main())
