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

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax

from relay.context import Context, open_context
from relay.errors import Unavailable
from relay.mail.reading.limits import check, normalised
from relay.mail.wire import Content, has_longer_line, plain_path, without_verdicts
from relay.rights.letterbox import Letterbox, Recipient
from relay.settings import Settings, SettingsInvalid

UNKNOWN = "550 5.1.1 No such address here"
AWAY = "451 4.3.0 Try again later"
FULL = "452 4.3.1 Too much waits here, try again later"
TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients, send the rest apart"
TOO_LARGE = "552 5.3.4 Message too large: 10 MB at most; send fewer or smaller files"
TOO_LONG = "554 5.6.0 A line is longer than 64 kB"
UNFIT = "554 5.6.0 The structure of this message is beyond what is read here"
CROWDED = b"421 4.7.0 Too many connections\r\n"
TOO_SLOW = "421 4.4.2 This mail takes too long"
TAKEN = "250 2.0.0 Kept"

SIZE_LIMIT_BYTES = 10 * 1024 * 1024
LINE_BYTES = 64 * 1024  # mail programs exceed the 1,000 of RFC 5321 4.5.3.1.6
LONG_BYTES = 64 * 1024
IN_FLIGHT_BYTES = 64 * 1024 * 1024  # of all long mails that are being brought
RECIPIENTS_MOST = 50
# What never was, what has ended and what is malformed take as long: no clock tells them apart, and
# a session asks twenty addresses a second at most.
REFUSED_AFTER_S = 0.05
TIMEOUT_S = 60.0  # without a byte
DATA_TIMEOUT_S = 900.0  # of a whole mail: ten megabytes at 100 kbit/s
CONNECTIONS_MOST = 200
CONNECTIONS_PER_CLIENT = 50  # a mail server in front is one client

log = structlog.get_logger()


class MailDoor:
    """One session: answers each recipient on its own (RFC 2033 4.2)."""

    def __init__(self, letterbox: Letterbox) -> None:
        self._letterbox = letterbox
        self._expected: list[Recipient] = []

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
        refused_at = asyncio.get_running_loop().time() + REFUSED_AFTER_S
        try:
            expected = await self._letterbox.expect(address, envelope.mail_from or "")
            if expected is None:
                await _sleep_until(refused_at)
                return UNKNOWN
            if await self._letterbox.is_full(expected):
                return FULL
        except Unavailable:
            return AWAY
        self._expected.append(expected)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail for each recipient; LMTP wants a line for each of them."""
        is_behind_server = isinstance(server, LMTP)
        raw = envelope.original_content or b""
        sender = (envelope.mail_from or "").strip("<>")
        try:
            verdicts = await self._keep(sender, raw if is_behind_server else without_verdicts(raw))
        except Exception as error:
            if not isinstance(error, Unavailable):
                log.exception("inbound.fault", fault=type(error).__name__)
            verdicts = [AWAY] * len(self._expected)  # a copy that was kept is not kept twice
        return "\r\n".join(verdicts) if is_behind_server else max(verdicts)

    async def _keep(self, sender: str, raw: bytes) -> list[str]:
        # Measuring ten megabytes takes a while: other sessions go on meanwhile.
        is_long = len(raw) > LONG_BYTES
        if await asyncio.to_thread(_is_unfit, raw) if is_long else _is_unfit(raw):
            return [UNFIT] * len(self._expected)
        for expected in self._expected:
            await self._letterbox.keep(expected, sender, raw)
        return [TAKEN] * len(self._expected)

    async def handle_exception(self, error: Exception) -> str:
        """Say nothing of a fault of ours; the mail stays at its sender's."""
        log.error("inbound.fault", fault=type(error).__name__, exc_info=error)
        return AWAY


async def _sleep_until(at: float) -> None:
    await asyncio.sleep(at - asyncio.get_running_loop().time())


def _is_unfit(raw: bytes) -> bool:
    return check(normalised(raw)) is not None


class Gate:
    """Counts open connections, all together and of each client, and what they bring."""

    def __init__(self) -> None:
        self._clients: Counter[str] = Counter()
        self._brought: dict[object, int] = {}

    def enter(self, client: str) -> bool:
        """Let one more connection in, if there is room."""
        is_full = self._clients.total() >= CONNECTIONS_MOST
        if is_full or self._clients[client] >= CONNECTIONS_PER_CLIENT:
            return False
        self._clients[client] += 1
        return True

    def leave(self, client: str) -> None:
        """Forget a connection that was let in."""
        self._clients[client] -= 1
        self._clients += Counter()  # drops what is zero

    def bring(self, session: object, size_bytes: int) -> bool:
        """Note how much of its mail a session has brought; False when there is no room for it."""
        if size_bytes <= LONG_BYTES:
            return True  # few long mails keep no short one out
        self._brought[session] = size_bytes
        if sum(self._brought.values()) <= IN_FLIGHT_BYTES:
            return True
        self.put_down(session)
        return False

    def put_down(self, session: object) -> None:
        """Forget what a session brought."""
        self._brought.pop(session, None)


class _Guarded(SMTP):
    """An SMTP session behind the gate, which reads a mail into no more than its size."""

    line_length_limit = LINE_BYTES

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

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Read the path of MAIL or RCPT; the library's parser takes a fifth of a mail's time."""
        return plain_path(arg) or super()._getaddr(arg)

    # The library keeps an object for each line, and closes a session in the middle of a mail.
    @syntax("DATA")
    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 (the library's name)
        """Take a mail, however slowly it comes, and answer for each recipient (RFC 2033 4.2)."""
        if arg or self.envelope is None or not self.envelope.rcpt_tos:
            await self.push("501 5.5.4 Syntax: DATA" if arg else "503 5.5.1 RCPT comes first")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        try:
            async with asyncio.timeout(DATA_TIMEOUT_S):
                content = await self._content()
            answer = await self._answer(content)
        except TimeoutError:
            await self.push(TOO_SLOW)
            self._writer.close()
            return
        finally:
            self._gate.put_down(self)
        self.envelope = self._create_envelope()
        await self.push(answer)

    async def _content(self) -> bytes | str:
        """Return the mail that comes, or, once it has ended, why it cannot be taken."""
        content, refusal = Content(), ""
        while True:
            # More than is ever buffered, so that what follows the mail can be put back.
            piece = await self._reader.read(SIZE_LIMIT_BYTES)
            if not piece:
                raise ConnectionResetError
            self._reset_timeout()
            rest = content.take(piece)
            if not refusal and content.size_bytes > SIZE_LIMIT_BYTES:
                refusal = TOO_LARGE
            elif not refusal and not self._gate.bring(self, content.size_bytes):
                refusal = FULL
            if refusal:
                content.forget()
            if rest is not None:
                self._reader.feed_data(rest)
                return refusal or content.raw()

    async def _answer(self, content: bytes | str) -> str:
        if isinstance(content, bytes) and has_longer_line(content, LINE_BYTES):
            content = TOO_LONG
        assert self.envelope is not None  # noqa: S101
        if isinstance(content, str):
            each = isinstance(self, LMTP)
            return "\r\n".join([content] * (len(self.envelope.rcpt_tos) if each else 1))
        self.envelope.original_content = content
        answer: str = await self._call_handler_hook("DATA")
        return answer


class _GuardedLmtp(_Guarded, LMTP):
    """The same for LMTP."""


@asynccontextmanager
async def open_doors(context: Context, settings: Settings) -> AsyncIterator[list[int]]:
    """Listen for LMTP and, where it is asked for, SMTP; gives the ports."""
    logging.getLogger("mail.log").disabled = True  # the library writes addresses there
    gate, domain, tls = Gate(), settings.mail_domain, _tls(settings)
    loop, letterbox = asyncio.get_running_loop(), Letterbox(context)
    lmtp = settings.lmtp_listen
    servers = [
        await loop.create_server(
            lambda: _GuardedLmtp(gate, MailDoor(letterbox), domain, None),
            lmtp.host,
            lmtp.port,
        )
    ]
    if smtp := settings.smtp_listen:
        servers.append(
            await loop.create_server(
                lambda: _Guarded(gate, MailDoor(letterbox), domain, tls), smtp.host, smtp.port
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
    try:
        tls.load_cert_chain(settings.smtp_certificate)
    except OSError as error:
        raise SettingsInvalid(
            f"RELAY_SMTP_CERTIFICATE: {settings.smtp_certificate} cannot be read as PEM with"
            f" certificate and key: {error.strerror}"
        ) from None
    return tls
