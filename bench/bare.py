"""``python -m bench.bare DATABASE_URL``: the other side of the accept row.

A bare aiohttp handler that reads a JSON body and stores it with one INSERT; prints its port.
"""

import asyncio
import sys

import asyncpg
from aiohttp import web


async def main() -> None:
    """Serve until killed."""
    pool = await asyncpg.create_pool(sys.argv[1], min_size=10, max_size=10)
    await pool.execute(
        "create table if not exists bare (id bigint generated always as identity primary key,"
        " listing text, email text, phone text, message text, at timestamptz default now())"
    )

    async def take(request: web.Request) -> web.Response:
        body = await request.json()
        await pool.execute(
            "insert into bare (listing, email, phone, message) values ($1, $2, $3, $4)",
            body["listing"],
            body["email"],
            body["phone"],
            body["message"],
        )
        return web.json_response({"ok": True}, status=201)

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
