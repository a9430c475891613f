"""The mail door: LMTP or SMTP, from a session to a verdict with an enhanced status code.

An address that is unknown, dead or erased gets one constant answer at RCPT, so that guessing
tells nothing. The return way is not open yet: a known address is answered with a temporary
refusal, so that the sender's own server keeps the mail and says so; nothing is taken that
would not be passed on (docs/decisions/0009-return-way.md).
"""

import asyncio
import signal

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from relay.addresses import read_bounce_address
from relay.context import Context, open_context
from relay.database import queries
from relay.errors import Unavailable
from relay.sealing import token_hash
from relay.settings import Settings

UNKNOWN = "550 5.1.1 No such address here"
LATER = "451 4.3.2 The way back is not open yet, please keep the mail"
AWAY = "451 4.3.0 Try again later"
SIZE_LIMIT_BYTES = 10 * 1024 * 1024
TIMEOUT_S = 60.0

log = structlog.get_logger()


class MailDoor:
    """Answers each recipient of a session on its own (RFC 2033 4.2)."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def handle_RCPT(  # noqa: N802 (names and arguments are aiosmtpd's)
        self,
        _server: SMTP,
        _session: Session,
        _envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Judge one recipient; none is accepted yet."""
        try:
            return LATER if await self._is_known(address) else UNKNOWN
        except Unavailable:
            return AWAY

    async def _is_known(self, address: str) -> bool:
        local_part, _, domain = address.lower().rpartition("@")
        if domain != self._context.settings.mail_domain:
            return False
        today = self._context.clock().date()
        if read_bounce_address(local_part, keys=self._context.bounce_keys, today=today):
            return True
        async with self._context.database.connection() as connection:
            found = await queries().find_reply_address(
                connection, address_hash=token_hash(local_part)
            )
        return found is not None


async def serve(settings: Settings) -> None:
    """Listen until SIGTERM or SIGINT."""
    async with open_context(settings, pool_size=2) as context:
        loop = asyncio.get_running_loop()
        door = MailDoor(context)

        def session() -> LMTP:
            return LMTP(
                door,
                data_size_limit=SIZE_LIMIT_BYTES,
                hostname=settings.mail_domain,
                ident="Relais",
                timeout=TIMEOUT_S,
                loop=loop,
            )

        address = settings.lmtp_listen
        server = await loop.create_server(session, address.host, address.port)
        stopped = asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stopped.set)
        log.info("inbound.started", listen=str(address))
        await stopped.wait()
        server.close()
        log.info("inbound.stopped")
