"""The door of operators and their programs: signs of life, metrics, the API's description."""

from ipaddress import ip_address, ip_network

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from relay.database import is_current, queries, rows_of
from relay.errors import Refused, Unavailable
from relay.web.keys import CONTEXT
from relay.web.openapi import document

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

messages = Gauge(
    "relay_messages", "Contacts by state; their sum is all that were accepted", ["site", "state"]
)
unaccounted = Gauge("relay_unaccounted", "Accepted messages without a state: must be 0", ["site"])
oldest_due = Gauge("relay_oldest_due_seconds", "Age of the oldest mail that waits")

routes = web.RouteTableDef()


@routes.get("/livez")
async def livez(_request: web.Request) -> web.Response:
    """Say that the process answers."""
    return web.json_response({"status": "ok"})


@routes.get("/readyz")
async def readyz(request: web.Request) -> web.Response:
    """Say whether messages can be taken: PostgreSQL writable and migrated.

    Redis away is ``degraded``, and still ready: nothing depends on it.
    """
    try:
        async with request.app[CONTEXT].database.connection() as connection:
            current = await is_current(connection)
    except Unavailable:
        return web.json_response({"status": "unready", "database": "away"}, status=503)
    if not current:
        return web.json_response({"status": "unready", "database": "not migrated"}, status=503)
    bell = await request.app[CONTEXT].bell.is_heard()
    return web.json_response(
        {"status": "ok" if bell else "degraded", "database": "ok", "bell": bell}
    )


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    """Give Prometheus its figures; only to the operator's networks."""
    peer = request.transport.get_extra_info("peername")[0] if request.transport else "::"
    networks = request.app[CONTEXT].settings.metrics_networks or LOOPBACK
    if not any(ip_address(peer) in network for network in networks):
        raise Refused("not_found")
    await _count(request)
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


@routes.get("/openapi.json")
async def openapi(request: web.Request) -> web.Response:
    """Describe the API (OpenAPI 3.1)."""
    return web.json_response(document(request.app, request.app[CONTEXT].settings.public_url))


async def _count(request: web.Request) -> None:
    context = request.app[CONTEXT]
    try:
        async with context.database.connection() as connection:
            states = await rows_of(queries().count_states(connection))
            accepted = await rows_of(queries().count_accepted(connection))
            oldest_due.set(await queries().oldest_due(connection) or 0)
        slugs = {site.site_id: site.slug for site in await context.sites.all()}
    except Unavailable:
        return  # the other figures are still worth reading
    left = {row["site_id"]: row["messages"] for row in accepted}
    for row in states:
        messages.labels(slugs.get(row["site_id"], "?"), row["state"]).set(row["mails"])
        left[row["site_id"]] = left.get(row["site_id"], 0) - row["mails"]
    for site_id, difference in left.items():
        unaccounted.labels(slugs.get(site_id, "?")).set(difference)
