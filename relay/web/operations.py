"""The door of operators and their programs: signs of life, metrics, the API's description."""

from ipaddress import ip_address, ip_network
from uuid import UUID

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from relay.context import Context
from relay.database import Ledger, Record, count_ledger, is_current, queries, rows_of
from relay.errors import Refused, Unavailable
from relay.rights.round import count_live
from relay.web.keys import CONTEXT
from relay.web.openapi import document, operation
from relay.web.origins import client_address
from relay.web.shapes import Life, Readiness

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

messages = Gauge(
    "relay_messages", "Contacts by state; their sum is all that were accepted", ["site", "state"]
)
unaccounted = Gauge("relay_unaccounted", "Accepted messages without a state: must be 0", ["site"])
oldest_due = Gauge("relay_oldest_due_seconds", "Age of the oldest mail that waits")
inbound = Gauge(
    "relay_inbound_mails", "Mails that came in: waiting to be read, held", ["site", "state"]
)
inbound_due = Gauge("relay_inbound_due_seconds", "How long the oldest mail to be read is due")
requests_waiting = Gauge(
    "relay_requests_waiting", "Rights requests that wait for an officer", ["site"]
)
requests_late = Gauge(
    "relay_requests_late", "Rights requests past their last day: must be 0", ["site"]
)

routes = web.RouteTableDef()


@routes.get("/livez")
@operation("Whether the process answers", answers={200: Life}, is_public=True)
async def livez(_request: web.Request) -> web.Response:
    """Say that the process answers."""
    return web.json_response({"status": "ok"})


@routes.get("/readyz")
@operation(
    "Whether messages can be taken", answers={200: Readiness, 503: Readiness}, is_public=True
)
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
    if not _is_operator(request):
        raise Refused("not_found")
    await _count(request.app[CONTEXT])
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


@routes.get("/openapi.json")
async def openapi(request: web.Request) -> web.Response:
    """Describe the API (OpenAPI 3.1)."""
    return web.json_response(document(request.app, request.app[CONTEXT].settings.public_url))


def _is_operator(request: web.Request) -> bool:
    """Tell whether the client, not the proxy in front of us, is in the operator's networks."""
    settings = request.app[CONTEXT].settings
    forwarded = request.headers.getall("X-Forwarded-For", [])
    if request.transport is None or (forwarded and not settings.trusted_proxies):
        return False  # a proxy nobody told us of: whom it speaks for cannot be known
    peer, port = request.transport.get_extra_info("peername")[:2]
    address, _ = client_address(peer, port, forwarded, settings.trusted_proxies)
    networks = settings.metrics_networks or LOOPBACK
    return any(ip_address(address) in network for network in networks)


async def _count(context: Context) -> None:
    ledger, slugs, arrived = Ledger({}, {}), dict[UUID, str](), list[Record]()
    requests = dict[str, tuple[int, int]]()
    try:
        async with context.database.connection() as connection:
            ledger = await count_ledger(connection)
            oldest_due.set(await queries().oldest_due(connection) or 0)
            arrived = await rows_of(queries().count_inbound(connection))
        sites = await context.sites.all()
        slugs = {site.site_id: site.slug for site in sites}
        requests = {site.slug: await count_live(context, site) for site in sites}
    except Unavailable:
        pass  # the other figures are still worth reading
    # A state without rows, or a database that is away, must not keep its last figure.
    for one in (messages, unaccounted, inbound, requests_waiting, requests_late):
        one.clear()
    for slug, (waiting, late) in requests.items():
        requests_waiting.labels(slug).set(waiting)
        requests_late.labels(slug).set(late)
    inbound_due.set(max((row["due_s"] or 0 for row in arrived), default=0))
    for row in arrived:
        for state in ("waiting", "held"):
            inbound.labels(slugs.get(row["site_id"], "?"), state).set(row[state])
    for (site_id, state), mails in ledger.states.items():
        messages.labels(slugs.get(site_id, "?"), state).set(mails)
    for site_id, difference in ledger.unaccounted().items():
        unaccounted.labels(slugs.get(site_id, "?")).set(difference)
