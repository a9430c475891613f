"""What is noted of every request, whichever application it came to."""

import secrets

import structlog
from aiohttp import web

from relay.web.keys import PEER, REQUEST_ID, SPOKEN
from relay.web.problems import Handler

STATIC_FRESH_S = 3600


@web.middleware
async def name_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every request an id: in its answer, in the log, in a problem."""
    if request.transport:
        request.app[SPOKEN].add(request.transport)
        request[PEER] = request.transport.get_extra_info("peername")
    request[REQUEST_ID] = "req_" + secrets.token_hex(8)
    structlog.contextvars.bind_contextvars(request_id=request[REQUEST_ID])
    response = await handler(request)
    response.headers["Request-Id"] = request[REQUEST_ID]
    if request.path.startswith("/static/"):
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = f"public, max-age={STATIC_FRESH_S}"
    elif not response.prepared:
        response.headers.setdefault("Cache-Control", "no-store")  # answers to programs, too
    return response
