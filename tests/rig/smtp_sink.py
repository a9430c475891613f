"""SX: a scripted SMTP server that logs every byte and misbehaves on demand.

    async with SmtpSink() as sink:
        ...send to 127.0.0.1, sink.port...
        [mail] = await sink.wait_for(1, timeout_s=5)

``sink.mails`` holds what a recipient would have in the mailbox: a mail is there from its final
dot on, answered or not, unless the server refused or lost it; those stand in ``sink.dropped``.
Copies per Message-ID (the ledger check) are ``len(sink.by_message_id()[message_id])``.

Who decides, first wins: the ``script`` (a function of the event), then what
``sink.behave(phase, action)`` set for the whole sink, then the recipient's local part:

=========================  =================================================================
local part                 behaviour
=========================  =================================================================
greylist[-N]               RCPT 450 4.2.0 N times (default once), then accepted
busy[-N]                   RCPT 421 4.3.2 and close, N times (once)
unknown                    RCPT 550 5.1.1
disabled                   RCPT 550 5.2.1
full                       RCPT 552 5.2.2
policy                     RCPT 550 5.7.1
rcpt-CODE[-C-S-D]          RCPT answered CODE C.S.D, always: ``rcpt-452-4-2-2``
data-CODE[-C-S-D]          the same at DATA
dot-CODE[-C-S-D]           the same after the final dot; the mail is dropped for 4xx and 5xx
data4xx[-N]                DATA 451 4.3.0 N times (once)
data5xx                    DATA 554 5.3.0
dot4xx[-N]                 after the dot 451 4.3.0, mail dropped, N times (once)
dot5xx                     after the dot 554 5.6.0, mail dropped
cutrcpt, cutdata[-N]       closes instead of answering RCPT, DATA (no 354), N times (once)
cutbody[-N]                closes on the first bytes of the body, N times (once)
cutdot-kept[-N]            keeps the mail and closes without answering the dot, N times (once)
cutdot-lost[-N]            drops the mail and closes without answering the dot, N times (once)
cutquit[-N]                closes without answering QUIT, N times (once)
hangrcpt, hangdata,        reads on and never answers, N times (once); the mail of ``hangdot``
hangbody, hangdot,         is dropped
hangquit[-N]
hangdot-kept[-N]           keeps the mail and never answers the dot, N times (once)
delayrcpt-S, delaydata-S,  normal answer after S seconds
delaydot-S, delayquit-S
slow[-B]                   answers to RCPT, DATA and dot dripped at B bytes per second (1)
endless[-N]                RCPT answered by continuation lines without end, N times (once)
anything else              accepted
=========================  =================================================================

For ``unknown``, ``disabled``, ``full``, ``policy``, ``data5xx`` and ``dot5xx`` an N also limits
the count; without it they last. Counts are per whole address, and after the first "+" or "." the
local part is free: ``greylist+1@…`` and ``greylist+2@…`` are greylisted independently. Phases
before RCPT do not know the recipient: use ``behave`` or a script.

A body cut cannot be told apart from a dot cut by a client that wrote body and dot at once: the
client's kernel took both. ``connection.received`` shows what really arrived.
"""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.rig.certificates import Authority, Certificate
from tests.rig.listener import HOST, Listener
from tests.rig.smtp_decider import Decider
from tests.rig.smtp_mails import Pile, RateLimit, SunkMail
from tests.rig.smtp_script import (
    Action,
    Event,
    Phase,
    Script,
    cut,
    delay,
    endless,
    hang,
    inject,
    reply,
    slow,
)
from tests.rig.smtp_session import Session, Setup
from tests.rig.smtp_wire import AuthAttempt, Chunk, Connection, Wire

__all__ = [
    "Action",
    "AuthAttempt",
    "Authority",
    "Certificate",
    "Chunk",
    "Connection",
    "Event",
    "Phase",
    "RateLimit",
    "SmtpSink",
    "SunkMail",
    "cut",
    "delay",
    "endless",
    "hang",
    "inject",
    "reply",
    "slow",
]

EXTENSIONS = ("8BITMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8", "SIZE 10485760")


class SmtpSink:
    """The server; an async context manager listening on 127.0.0.1 at a random port.

    Args:
        script: Called at each phase; its action wins, None leaves the decision to the rest.
        extensions: EHLO keywords; add ``"PIPELINING"`` to offer it, leave ``"SMTPUTF8"`` out, …
        tls_folder: Where to write certificates; None means STARTTLS is not offered.
        certificate: Which certificate to show.
        credentials: User name and password wanted; None means AUTH is not offered. With TLS
            offered, AUTH is offered inside TLS only.
        limit: Rate limit on MAIL.
    """

    def __init__(
        self,
        *,
        script: Script | None = None,
        extensions: tuple[str, ...] = EXTENSIONS,
        tls_folder: Path | None = None,
        certificate: Certificate = Certificate.GOOD,
        credentials: tuple[str, str] | None = None,
        limit: RateLimit | None = None,
    ) -> None:
        self.mails: list[SunkMail] = []
        """Mails the recipient has, in order of arrival."""
        self.dropped: list[SunkMail] = []
        """Complete mails the server refused or lost after the dot."""
        self.connections: list[Connection] = []
        """All connections since the start, ended ones too."""
        self.authority = None if tls_folder is None else Authority(tls_folder)
        """What a client must trust to accept the good certificate: ``authority.file``."""
        self._decider = Decider(script)
        self._setup = Setup(
            decider=self._decider,
            extensions=extensions,
            tls=None if self.authority is None else self.authority.server_context(certificate),
            credentials=credentials,
            limit=limit,
            record=self._record,
        )
        self._changed = asyncio.Condition()
        self._listener = Listener(self._serve)

    async def __aenter__(self) -> Self:
        self._listener.resume()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._listener.close()

    @property
    def host(self) -> str:
        """Always 127.0.0.1."""
        return HOST

    @property
    def port(self) -> int:
        """Port number; the same after a pause."""
        return self._listener.port

    @property
    def reached(self) -> Mapping[Phase, int]:
        """How many times each phase was reached since the start."""
        return Counter(self._setup.reached)

    def behave(self, phase: Phase, action: Action) -> None:
        """Set the action of the whole sink at *phase*, whoever the recipient is.

        Example: ``sink.behave(Phase.DOT, cut(keeps_mail=True, times=2))``.
        """
        self._decider.behave(phase, action)

    def behave_normally(self) -> None:
        """Forget script, actions and all counts; recipients keep their own behaviour."""
        self._decider.behave_normally()

    def follow(self, script: Script) -> None:
        """Replace the script."""
        self._decider.script = script

    def by_message_id(self) -> dict[str, list[SunkMail]]:
        """Return the mails of ``mails`` under their Message-ID; more than one are copies."""
        found: dict[str, list[SunkMail]] = {}
        for mail in self.mails:
            found.setdefault(mail.message_id, []).append(mail)
        return found

    async def wait_for(self, count: int, timeout_s: float) -> list[SunkMail]:
        """Return the mails as soon as there are at least *count*.

        Raises:
            TimeoutError: Fewer came within *timeout_s* seconds; says how many.
        """
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait_for(lambda: len(self.mails) >= count)
        except TimeoutError:
            raise TimeoutError(
                f"{len(self.mails)} of {count} mails kept, {len(self.dropped)} dropped, "
                f"{len(self.connections)} connections in {timeout_s} s"
            ) from None
        return list(self.mails)

    async def wait_closed(self, timeout_s: float) -> None:
        """Return when no connection is open, so that ``connections`` no longer change.

        Raises:
            TimeoutError: A client is still there after *timeout_s* seconds.
        """
        async with asyncio.timeout(timeout_s), self._changed:
            await self._changed.wait_for(
                lambda: all(c.closed_at is not None for c in self.connections)
            )

    async def pause(self) -> None:
        """Refuse connections and end the present ones; the port stays reserved."""
        await self._listener.pause()

    def resume(self) -> None:
        """Listen again, on the same port."""
        self._listener.resume()

    async def cut_all(self) -> None:
        """End every open connection, as a server that drops idle clients."""
        await self._listener.cut_all()

    async def _serve(self, accepted: socket.socket) -> None:
        connection = Connection(len(self.connections) + 1, time.monotonic())
        self.connections.append(connection)
        try:
            await Session(Wire(accepted, connection), connection, self._setup).run()
        finally:
            async with self._changed:
                self._changed.notify_all()

    async def _record(self, mail: SunkMail, pile: Pile) -> None:
        (self.mails if pile is Pile.KEPT else self.dropped).append(mail)
        async with self._changed:
            self._changed.notify_all()
