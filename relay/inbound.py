"""The mail door: LMTP or SMTP, from a session to a verdict with an enhanced status code.

Refuse early, read late: an address that is unknown, dead or erased gets one constant answer at
RCPT, so that guessing tells nothing; a mail is measured, committed and only then answered 250.
Whoever sent it is never written to from here (no backscatter): what is refused is refused in
the session, and the sender's own server says so.
"""

import asyncio
import logging
import signal
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import AnyStr

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from relay.arrivals import Expected, Keeper, Probe, expect
from relay.context import Context, open_context
from relay.errors import Unavailable
from relay.mail.reading.limits import check, normalised
from relay.settings import Settings

UNKNOWN = "550 5.1.1 No such address here"
AWAY = "451 4.3.0 Try again later"
FULL = "452 4.3.1 Too much waits to be read, try again later"
TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients, send the rest apart"
TOO_LARGE = "552 5.3.4 Message too large: 10 MB at most; send fewer or smaller files"
TOO_LONG = "554 5.6.0 A line is longer than 64 kB"
UNFIT = "554 5.6.0 The structure of this message is beyond what is read here"
CROWDED = b"421 4.7.0 Too many connections\r\n"
TAKEN = "250 2.0.0 Kept"

SIZE_LIMIT_BYTES = 10 * 1024 * 1024
LONG_BYTES = 64 * 1024
RECIPIENTS_MOST = 50
TIMEOUT_S = 60.0
CONNECTIONS_MOST = 200
CONNECTIONS_PER_CLIENT = 50  # a mail server in front is one client

# What the library says in its own words, and without an enhanced code.
_WORDED = {
    "552 Error: Too much mail data": TOO_LARGE,
    "500 Line too long (see RFC5321 4.5.3.1.6)": TOO_LONG,
}

log = structlog.get_logger()


class MailDoor:
    """One session: answers each recipient on its own (RFC 2033 4.2)."""

    def __init__(self, context: Context, keeper: Keeper) -> None:
        self._context = context
        self._keeper = keeper
        self._expected: list[Expected | Probe] = []

    # Names and arguments of the hooks are the library's.
    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Begin a mail; the null sender is welcome: bounces have it."""
        self._expected = []
        envelope.mail_from = address or "<>"
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Judge one recipient."""
        if len(self._expected) >= RECIPIENTS_MOST:
            return TOO_MANY_RECIPIENTS
        try:
            expected = await expect(self._context, address)
        except Unavailable:
            return AWAY
        if expected is None:
            return UNKNOWN
        self._expected.append(expected)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail for each recipient; LMTP wants a line for each of them."""
        raw = envelope.original_content or b""
        # Measuring ten megabytes takes a while: other sessions go on meanwhile.
        if await self._is_unfit(raw):
            verdicts = [UNFIT] * len(self._expected)
        else:
            sender = (envelope.mail_from or "").strip("<>")
            verdicts = [await self._keep(one, sender, raw) for one in self._expected]
        if isinstance(server, LMTP):
            return "\r\n".join(verdicts)
        # SMTP has one answer for all: a copy that was kept already is not kept twice.
        return max(verdicts)

    async def _is_unfit(self, raw: bytes) -> bool:
        if len(raw) > LONG_BYTES:
            return await asyncio.to_thread(lambda: check(normalised(raw)) is not None)
        return check(normalised(raw)) is not None

    async def _keep(self, expected: Expected | Probe, sender: str, raw: bytes) -> str:
        try:
            if await self._keeper.is_backlogged():
                return FULL
            await self._keeper.keep(expected, sender, raw)
        except Unavailable:
            return AWAY
        return TAKEN

    async def handle_exception(self, error: Exception) -> str:
        """Say nothing of a fault of ours; the mail stays at its sender's."""
        log.error("inbound.fault", fault=type(error).__name__, exc_info=error)
        return AWAY


class Gate:
    """Counts open connections, all together and of each client."""

    def __init__(self) -> None:
        self._clients: Counter[str] = Counter()

    def enter(self, client: str) -> bool:
        """Let one more connection in, if there is room."""
        if self._clients.total() >= CONNECTIONS_MOST:
            return False
        if self._clients[client] >= CONNECTIONS_PER_CLIENT:
            return False
        self._clients[client] += 1
        return True

    def leave(self, client: str) -> None:
        """Forget a connection that was let in."""
        self._clients[client] -= 1
        self._clients += Counter()  # drops what is zero


class _Guarded(SMTP):
    """An SMTP session behind the gate, with whole lines of mail programs and codes of RFC 3463."""

    line_length_limit = 65_536  # mail programs exceed the 1,000 of RFC 5321 4.5.3.1.6

    def __init__(
        self, gate: Gate, door: MailDoor, hostname: str, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(
            door,
            data_size_limit=SIZE_LIMIT_BYTES,
            hostname=hostname,
            ident="Relais",
            timeout=TIMEOUT_S,
            tls_context=tls,
            loop=asyncio.get_running_loop(),
        )
        self._gate = gate
        self._client: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._client is None:  # called again once TLS has begun
            client = str((transport.get_extra_info("peername") or ("local",))[0])
            if not self._gate.enter(client):
                assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101
                transport.write(CROWDED)
                transport.close()
                return
            self._client = client
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._client is None:
            return
        self._gate.leave(self._client)
        super().connection_lost(error)

    async def push(self, status: AnyStr) -> None:
        """Answer; LMTP wants a line for each recipient, also for what the library refuses."""
        worded = _WORDED.get(status) if isinstance(status, str) else None
        if worded is None:
            await super().push(status)
        elif isinstance(self, LMTP) and self.envelope:
            await super().push("\r\n".join([worded] * len(self.envelope.rcpt_tos)))
        else:
            await super().push(worded)


class _GuardedLmtp(_Guarded, LMTP):
    """The same for LMTP."""


@asynccontextmanager
async def open_doors(context: Context, settings: Settings) -> AsyncIterator[list[int]]:
    """Listen for LMTP and, where it is asked for, SMTP; gives the ports."""
    logging.getLogger("mail.log").disabled = True  # the library writes addresses there
    gate, domain, tls = Gate(), settings.mail_domain, _tls(settings)
    loop, keeper = asyncio.get_running_loop(), Keeper(context)
    lmtp = settings.lmtp_listen
    servers = [
        await loop.create_server(
            lambda: _GuardedLmtp(gate, MailDoor(context, keeper), domain, None),
            lmtp.host,
            lmtp.port,
        )
    ]
    if smtp := settings.smtp_listen:
        servers.append(
            await loop.create_server(
                lambda: _Guarded(gate, MailDoor(context, keeper), domain, tls), smtp.host, smtp.port
            )
        )
    try:
        yield [server.sockets[0].getsockname()[1] for server in servers]
    finally:
        for server in servers:
            server.close()


async def serve(settings: Settings) -> None:
    """Listen until SIGTERM or SIGINT."""
    async with open_context(settings, pool_size=4) as context:
        stopped = asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, stopped.set)
        async with open_doors(context, settings) as ports:
            log.info("inbound.started", ports=ports)
            await stopped.wait()
        log.info("inbound.stopped")


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.smtp_certificate is None:
        return None
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(settings.smtp_certificate)
    return tls
