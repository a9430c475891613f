"""Handing one mail to the smarthost.

Connections are kept and reused. One mail is one SMTP transaction with one recipient, followed
answer by answer, so that it is known how far it came: a cut before the final dot is safe to
retry, a cut after it is ambiguous (RFC 5321 4.5.3.2, 6.1).
"""

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import cast

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPHeloError,
    SMTPResponse,
    SMTPResponseException,
    SMTPStatus,
)

from relay import checkpoints
from relay.addresses import plain_address
from relay.mail.compose import Composed
from relay.mail.outcomes import Outcome, Phase, Verdict, judge
from relay.mail.reasons import Reason
from relay.settings import Smarthost
from workers.decisions import Sent
from workers.dialog import Dialog

CONNECT_TIMEOUT_S = 30.0
COMMAND_TIMEOUT_S = 60.0
DOT_TIMEOUT_S = 600.0  # RFC 5321 4.5.3.2.6
BODY_GRACE_S = 0.002  # a server that hangs up inside the content is noticed before the dot (F32)
IDLE_S = 30.0
MAILS_PER_CONNECTION = 200

_FAILURES = (SMTPException, OSError, TimeoutError)
_DONE = {SMTPStatus.completed, SMTPStatus.will_forward}


class LeaseLost(Exception):
    """The mail is no longer ours to send; nothing of its content has left."""


@dataclass(slots=True)
class _Progress:
    """How far a transaction came."""

    phase: Phase = Phase.MAIL
    dot_left: bool = False


@dataclass(slots=True)
class _Line:
    """One open connection and what it was used for."""

    dialog: Dialog
    route: str
    tls: str
    mails: int = 0
    used_at: float = 0.0


class Transport:
    """Sends mails through the first smarthost that takes them."""

    def __init__(self, smarthosts: Sequence[Smarthost], *, hostname: str) -> None:
        self._smarthosts = smarthosts
        self._hostname = hostname
        self._idle: deque[_Line] = deque()

    async def send(self, mail: Composed, may_send: Callable[[], Awaitable[bool]]) -> Sent:
        """Hand *mail* over.

        Args:
            may_send: Asked just before content leaves; notes it, and says whether the lease holds.

        Raises:
            LeaseLost: *may_send* said no.
        """
        sent = Sent(_pause(Reason.CONNECTION_REFUSED), Phase.CONNECT, "")
        line = self._reuse()
        if line:
            sent = await self._transact(line, mail, may_send)
            if not _is_elsewhere_worth(sent):
                return sent
        for smarthost in self._smarthosts:
            opened = await self._dial(smarthost)
            if isinstance(opened, Sent):
                sent = opened
                continue
            sent = await self._transact(opened, mail, may_send)
            if not _is_elsewhere_worth(sent):
                return sent
        return sent

    async def close(self) -> None:
        """Say goodbye on every idle connection, without waiting for answers."""
        while self._idle:
            self._idle.pop().dialog.close()

    def _reuse(self) -> _Line | None:
        while self._idle:
            line = self._idle.pop()
            fresh = time.monotonic() - line.used_at < IDLE_S
            if fresh and line.mails < MAILS_PER_CONNECTION and line.dialog.is_open:
                return line
            line.dialog.close()
        return None

    async def _dial(self, smarthost: Smarthost) -> _Line | Sent:
        client = SMTP(
            hostname=smarthost.host,
            port=smarthost.port,
            local_hostname=self._hostname,
            timeout=CONNECT_TIMEOUT_S,
            use_tls=smarthost.tls == "implicit",
            start_tls=False,
        )
        phase = Phase.CONNECT
        try:
            await client.connect()
            client.timeout = COMMAND_TIMEOUT_S
            phase = Phase.EHLO
            await _greet(client)
            phase = Phase.STARTTLS
            await _protect(client, smarthost)
            phase = Phase.AUTH
            if smarthost.username and smarthost.password:
                await client.login(smarthost.username, smarthost.password.get_secret_value())
        except _FAILURES as error:
            client.close()
            return Sent(_judge_error(phase, error), phase, "", route=smarthost.name)
        tls, pipelines = _tls_version(client), client.supports_extension("pipelining")
        dialog = Dialog(cast(asyncio.Transport, client.transport), pipelines=pipelines)
        return _Line(dialog, smarthost.name, tls)

    async def _transact(
        self, line: _Line, mail: Composed, may_send: Callable[[], Awaitable[bool]]
    ) -> Sent:
        progress = _Progress()
        try:
            response = await _exchange(line.dialog, mail, may_send, progress)
        except _FAILURES as error:
            line.dialog.close()
            outcome = _judge_error(progress.phase, error)
            return Sent(outcome, progress.phase, line.tls, progress.dot_left, line.route)
        except BaseException:
            line.dialog.close()
            raise
        outcome = judge(progress.phase, response.code, response.message)
        await self._give_back(line, taken=outcome.verdict is Verdict.DELIVERED)
        return Sent(outcome, progress.phase, line.tls, route=line.route)

    async def _give_back(self, line: _Line, *, taken: bool) -> None:
        """Keep a connection for the next mail, cleared when the server refused something."""
        try:
            if not taken:
                await line.dialog.start_over()
        except _FAILURES:
            line.dialog.close()
            return
        line.mails += 1
        line.used_at = time.monotonic()
        self._idle.append(line)


async def _exchange(
    dialog: Dialog, mail: Composed, may_send: Callable[[], Awaitable[bool]], progress: _Progress
) -> SMTPResponse:
    """Go through one mail transaction; return the final answer, or the first that refuses."""
    steps = (
        (Phase.MAIL, b"MAIL FROM:%s\r\n" % _path(mail.sender), _DONE),
        (Phase.RCPT, b"RCPT TO:%s\r\n" % _path(mail.recipient), _DONE),
        (Phase.DATA, b"DATA\r\n", {SMTPStatus.start_input}),
    )
    if dialog.pipelines:  # DATA may end a group (RFC 2920 3.1)
        dialog.say(*(command for _, command, _ in steps))
    for phase, command, wanted in steps:
        progress.phase = phase
        if not dialog.pipelines:
            dialog.say(command)
        response = await dialog.answer(COMMAND_TIMEOUT_S)
        if response.code not in wanted:
            return response
    if not await may_send():
        raise LeaseLost
    return await _send_content(dialog, mail.content, progress)


async def _send_content(dialog: Dialog, content: bytes, progress: _Progress) -> SMTPResponse:
    """Send dot-stuffed content, then the dot on its own, so that a cut before it is known."""
    dialog.write(_stuffed(content))
    await asyncio.sleep(BODY_GRACE_S)
    dialog.say(b".\r\n")
    progress.phase = Phase.DOT
    progress.dot_left = True
    checkpoints.reached("deliver.dot_sent")
    return await dialog.answer(DOT_TIMEOUT_S)


def _stuffed(content: bytes) -> bytes:
    """Double a dot at the start of a line (RFC 5321 4.5.2); content has CRLF line ends."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _path(address: str) -> bytes:
    """Write an envelope path; ``plain_address`` refuses what the library would cut silently."""
    return f"<{plain_address(address)}>".encode("ascii") if address else b"<>"


async def _greet(client: SMTP) -> None:
    """Say EHLO, or HELO to a server that does not know it (RFC 5321 3.2)."""
    try:
        await client.ehlo()
    except SMTPHeloError:
        await client.helo()


async def _protect(client: SMTP, smarthost: Smarthost) -> None:
    """Start TLS as the route's policy asks.

    Raises:
        SMTPException: ``require``, and the server does not offer it or the handshake failed.
    """
    if smarthost.tls not in ("require", "opportunistic"):
        return
    if not client.supports_extension("starttls"):
        if smarthost.tls == "require":
            raise _TlsMissing
        return
    strict = smarthost.tls == "require"
    try:
        await client.starttls(validate_certs=strict)
    except SMTPResponseException:
        if strict:
            raise
        return  # 454: "not now"; the connection goes on in clear, which the attempt records
    await client.ehlo()


class _TlsMissing(SMTPException):
    """The route requires TLS and the server does not offer it."""

    def __init__(self) -> None:
        super().__init__("STARTTLS is not offered")


def _judge_error(phase: Phase, error: Exception) -> Outcome:
    """Name a failure: an answer when the library wraps one, else what happened to the line."""
    if isinstance(error, SMTPResponseException):
        return judge(phase, error.code, error.message)
    if isinstance(error, _TlsMissing | ssl.SSLError):
        return Outcome(
            Verdict.ROUTE_PAUSED, Reason.TLS_UNAVAILABLE, suppress=False, code=None, enhanced=None
        )
    reason = Reason.TIMEOUT if isinstance(error, TimeoutError) else Reason.CONNECTION_LOST
    if phase is Phase.CONNECT and reason is Reason.CONNECTION_LOST:
        reason = Reason.CONNECTION_REFUSED
    return Outcome(Verdict.DEFERRED, reason, suppress=False, code=None, enhanced=None)


def _pause(reason: Reason) -> Outcome:
    return Outcome(Verdict.ROUTE_PAUSED, reason, suppress=False, code=None, enhanced=None)


def _is_elsewhere_worth(sent: Sent) -> bool:
    """Whether the server was gone, or leaving, before anything of the mail was said (F25)."""
    is_leaving = sent.outcome.code == SMTPStatus.domain_unavailable  # 421
    is_gone = sent.outcome.reason == Reason.CONNECTION_LOST
    return sent.phase is Phase.MAIL and (is_leaving or is_gone)


def _tls_version(client: SMTP) -> str:
    tls = client.get_transport_info("ssl_object")
    return str(tls.version()) if tls else "none"
