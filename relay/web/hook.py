"""The door of mail providers: what they received for the relay, posted to it as raw mail.

A provider that posts is a mail server in front like any other: it repeats what was not taken
(503) and is told of each recipient what became of it. Nothing is bounced from here.

Taken are ``message/rfc822`` with the envelope in the query, and the raw forms of Mailgun
(``body-mime``), SendGrid (``email`` and ``envelope``) and Postmark (``RawEmail``).
"""

import asyncio
import hmac
import json
from base64 import b64decode
from dataclasses import dataclass

from aiohttp import BodyPartReader, web

from relay.errors import Refused, Unavailable
from relay.mail.reading.limits import check, normalised
from relay.mail.wire import without_verdicts
from relay.web.keys import CONTEXT, LETTERBOX

MAIL_BYTES = 10 * 1024 * 1024
BODY_BYTES = MAIL_BYTES * 3 // 2  # JSON and forms escape what is not plain
TIMEOUT_S = 60.0
RECIPIENTS_MOST = 50

routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A mail and its envelope, as a provider handed it over."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes


@routes.post("/hooks/mail")
async def take_mail(request: web.Request) -> web.Response:
    """Keep a mail for each of its recipients; whoever posts is known by the hook's key."""
    _check_key(request)
    delivery = await _read(request)
    verdicts = {one: await _keep(request, one, delivery) for one in delivery.recipients}
    return web.json_response({"recipients": verdicts})


async def _keep(request: web.Request, recipient: str, delivery: Delivery) -> str:
    letterbox = request.app[LETTERBOX]
    expected = await letterbox.expect(recipient, delivery.sender)
    if expected is None:
        return "unknown"
    if await asyncio.to_thread(lambda: check(normalised(delivery.raw))):
        return "unfit"
    if await letterbox.is_full(expected):
        raise Unavailable
    await letterbox.keep(expected, delivery.sender, without_verdicts(delivery.raw))
    return "kept"


def _check_key(request: web.Request) -> None:
    """Compare the password of the request (Basic or Bearer) with the hook's key.

    Raises:
        Refused: ``not_found``: there is no hook; ``key_missing``, ``key_unknown``.
    """
    key = request.app[CONTEXT].settings.inbound_key
    if key is None:
        raise Refused("not_found")
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":  # RFC 7617: any name, then the key
        try:
            secret = b64decode(secret).decode().partition(":")[2]
        except ValueError:
            raise Refused("key_unknown") from None
    if not secret:
        raise Refused("key_missing")
    if not hmac.compare_digest(secret.strip().encode(), key.get_secret_value().encode()):
        raise Refused("key_unknown")


async def _read(request: web.Request) -> Delivery:
    """Read what a provider posted.

    Raises:
        Refused: It is too large, too slow, or in no form that is known here.
    """
    reader = _READERS.get(request.content_type)
    if reader is None:
        raise Refused("media_type_refused")
    if "Content-Encoding" in request.headers:
        raise Refused("body_encoding_refused")
    try:
        async with asyncio.timeout(TIMEOUT_S):
            delivery = await reader(request)
    except TimeoutError:
        raise Refused("body_too_slow") from None
    except (KeyError, TypeError, ValueError):
        raise Refused("media_type_refused") from None
    if len(delivery.raw) > MAIL_BYTES:
        raise Refused("body_too_large", limit=MAIL_BYTES // 1024)
    return delivery


async def _raw_mail(request: web.Request) -> Delivery:
    query = request.query
    recipients = tuple(query.getall("recipient"))[:RECIPIENTS_MOST]
    return Delivery(query.get("sender", ""), recipients, await _body(request))


async def _form(request: web.Request) -> Delivery:
    """Read the form of Mailgun or SendGrid."""
    fields: dict[str, bytes] = {}
    size = 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise Refused("media_type_refused")  # a form within the form
        value = bytearray()
        while chunk := await part.read_chunk():
            size += len(chunk)
            if size > BODY_BYTES:
                raise Refused("body_too_large", limit=MAIL_BYTES // 1024)
            value += chunk
        fields[part.name or ""] = bytes(value)
    if "body-mime" in fields:
        recipients: list[object] = [*fields["recipient"].decode().split(",")]
        return _delivery(fields.get("sender", b"").decode(), recipients, fields["body-mime"])
    envelope = json.loads(fields["envelope"])
    return _delivery(envelope["from"], envelope["to"], fields["email"])


async def _json(request: web.Request) -> Delivery:
    """Read the JSON of Postmark; it names one recipient and no envelope sender but this."""
    body = json.loads(await _body(request))
    if not isinstance(body, dict) or not isinstance(body["RawEmail"], str):
        raise TypeError
    return _delivery(body.get("From"), [body["OriginalRecipient"]], body["RawEmail"].encode())


def _delivery(sender: object, recipients: list[object], raw: bytes) -> Delivery:
    """Build a delivery from what a provider named.

    Raises:
        ValueError: A recipient that is no text.
    """
    named = [one.strip() for one in recipients[:RECIPIENTS_MOST] if isinstance(one, str)]
    if len(named) < len(recipients[:RECIPIENTS_MOST]):
        raise ValueError("a recipient that is no text")
    return Delivery(sender if isinstance(sender, str) else "", tuple(named), raw)


async def _body(request: web.Request) -> bytes:
    read = bytearray()
    async for chunk in request.content.iter_any():
        read += chunk
        if len(read) > BODY_BYTES:
            raise Refused("body_too_large", limit=MAIL_BYTES // 1024)
    return bytes(read)


_READERS = {"message/rfc822": _raw_mail, "multipart/form-data": _form, "application/json": _json}
