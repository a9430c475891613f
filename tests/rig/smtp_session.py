"""The dialogue of one connection of the scripted SMTP server (RFC 5321, 3207, 4954)."""

import base64
import binascii
import re
import ssl
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.rig.smtp_decider import Decider
from tests.rig.smtp_mails import Pile, RateLimit, SunkMail, message_id_of, unstuffed
from tests.rig.smtp_reactor import Closing, Reactor, pile_after
from tests.rig.smtp_script import Action, Event, Phase
from tests.rig.smtp_wire import AuthAttempt, Connection, Gone, Wire

NAME = "sink.rig.test"
_PATH = re.compile(r"(?:FROM|TO):\s*<([^>]*)>.*", re.IGNORECASE | re.DOTALL)


@dataclass(slots=True)
class Setup:
    """What all connections of one sink share.

    Args:
        decider: Chooses how to misbehave.
        extensions: EHLO keywords offered, beside STARTTLS and AUTH.
        tls: Offered by STARTTLS; None means not offered.
        credentials: User name and password wanted; None means no AUTH.
        limit: Rate limit, or None.
        record: Called with each complete mail and where it ends.
        reached: How many times each phase was reached.
    """

    decider: Decider
    extensions: tuple[str, ...]
    tls: ssl.SSLContext | None
    credentials: tuple[str, str] | None
    limit: RateLimit | None
    record: Callable[[SunkMail, Pile], Awaitable[None]]
    reached: Counter[Phase] = field(default_factory=Counter)


class Session:
    """One client served until one side leaves."""

    def __init__(self, wire: Wire, connection: Connection, setup: Setup) -> None:
        self._wire = wire
        self._server = Reactor(wire)
        self._connection = connection
        self._setup = setup
        self._authenticated = False
        self._sender: str | None = None
        self._recipients: tuple[str, ...] = ()
        # QUIT comes after the transaction; its recipients still choose how QUIT behaves.
        self._last_recipients: tuple[str, ...] = ()
        self._commands: dict[str, Callable[[str], Awaitable[None]]] = {
            "EHLO": self._ehlo,
            "HELO": self._helo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._rset,
            "NOOP": self._noop,
            "QUIT": self._quit,
        }

    async def run(self) -> None:
        """Serve until the end of the connection."""
        try:
            await self._answer(Phase.GREETING, 220, f"{NAME} ESMTP rig")
            while True:
                line = (await self._wire.read_line()).decode("utf-8", "surrogateescape")
                self._connection.commands.append(line)
                verb, _, argument = line.partition(" ")
                await self._commands.get(verb.upper(), self._unknown)(argument)
        except Gone:
            pass
        finally:
            self._wire.cut()

    async def _ehlo(self, argument: str) -> None:
        self._reset()
        offered = list(self._setup.extensions)
        tls_possible = self._setup.tls is not None and not self._connection.encrypted
        if tls_possible:
            offered.append("STARTTLS")
        # As most providers do, passwords are taken only inside TLS when there is TLS.
        if self._setup.credentials is not None and not tls_possible:
            offered.append("AUTH PLAIN LOGIN")
        await self._answer(Phase.EHLO, 250, "\n".join([NAME, *offered]), argument)

    async def _helo(self, argument: str) -> None:
        self._reset()
        await self._answer(Phase.HELO, 250, NAME, argument)

    async def _starttls(self, argument: str) -> None:
        if self._setup.tls is None or self._connection.encrypted:
            await self._server.say(503, "5.5.1 STARTTLS not offered")
            return
        if await self._answer(Phase.STARTTLS, 220, "2.0.0 ready", argument) != 220:
            return
        await self._wire.start_tls(self._setup.tls)
        self._reset()
        self._authenticated = False

    async def _auth(self, argument: str) -> None:
        mechanism, _, initial = argument.partition(" ")
        wanted = self._setup.credentials
        if wanted is None or mechanism.upper() not in {"PLAIN", "LOGIN"}:
            await self._server.say(504, "5.5.4 mechanism not offered")
            return
        try:
            given = await self._credentials(mechanism.upper(), initial)
        except (binascii.Error, ValueError):
            await self._server.say(501, "5.5.2 cannot decode")
            return
        accepted = given == wanted
        self._connection.auths.append(
            AuthAttempt(mechanism.upper(), *given, accepted, self._connection.encrypted)
        )
        code, text = (235, "2.7.0 welcome") if accepted else (535, "5.7.8 wrong credentials")
        self._authenticated = await self._answer(Phase.AUTH, code, text, mechanism) == 235

    async def _credentials(self, mechanism: str, initial: str) -> tuple[str, str]:
        """Read user name and password (RFC 4954; LOGIN as everybody does it).

        Raises:
            ValueError: Not base64, or cancelled by the client.
        """
        if mechanism == "PLAIN":
            first = initial or await self._challenge("")
            _, username, password = _decoded(first).split("\0")
            return username, password
        username = _decoded(initial or await self._challenge("Username:"))
        return username, _decoded(await self._challenge("Password:"))

    async def _challenge(self, prompt: str) -> str:
        await self._server.say(334, base64.b64encode(prompt.encode()).decode())
        return (await self._wire.read_line()).decode("ascii", "replace")

    async def _mail(self, argument: str) -> None:
        match = _PATH.fullmatch(argument)
        if match is None:
            await self._server.say(501, "5.1.7 bad sender syntax")
        elif self._setup.credentials is not None and not self._authenticated:
            await self._server.say(530, "5.7.0 authentication required")
        elif self._sender is not None:
            await self._server.say(503, "5.5.1 nested MAIL")
        elif self._setup.limit is not None and not self._setup.limit.admits(time.monotonic()):
            await self._server.say(self._setup.limit.code, "4.7.0 too many messages, slow down")
        elif await self._answer(Phase.MAIL, 250, "2.1.0 sender ok", argument) < 400:
            self._sender = match[1]

    async def _rcpt(self, argument: str) -> None:
        match = _PATH.fullmatch(argument)
        if self._sender is None:
            await self._server.say(503, "5.5.1 MAIL first")
        elif match is None:
            await self._server.say(501, "5.1.3 bad recipient syntax")
        else:
            asked = (*self._recipients, match[1])
            action = self._decide(Phase.RCPT, argument, asked)
            if await self._server.react(action, 250, "2.1.5 recipient ok") < 400:
                self._recipients = self._last_recipients = asked

    async def _data(self, argument: str) -> None:
        if not self._recipients:
            await self._server.say(503, "5.5.1 RCPT first")
            return
        if await self._answer(Phase.DATA, 354, "go ahead", argument) >= 400:
            self._reset()
            return
        first = await self._wire.read_some()
        # The whole of an empty mail is its dot: it has no body to be cut in.
        if not first.startswith(b".\r\n"):
            await self._react_in_body()
        await self._dot(await self._wire.read_content())
        self._reset()

    async def _react_in_body(self) -> None:
        action = self._decide(Phase.BODY)
        if action is not None:
            # Only cut and hang are possible here, so no reply is ever sent.
            await self._server.react(action, 0, "")

    async def _dot(self, raw: bytes) -> None:
        content = unstuffed(raw)
        mail = SunkMail(
            message_id=message_id_of(content),
            sender=self._sender or "",
            recipients=self._recipients,
            content=content,
            raw=raw,
            at=time.monotonic(),
            connection=self._connection.number,
            encrypted=self._connection.encrypted,
        )
        action = self._decide(Phase.DOT)
        await self._setup.record(mail, pile_after(action))
        try:
            mail.reply_code = await self._server.react(action, 250, "2.0.0 kept")
        except Closing as closing:
            mail.answered, mail.reply_code = True, closing.code
            raise
        mail.answered = True

    async def _rset(self, _: str) -> None:
        self._reset()
        await self._server.say(250, "2.0.0 reset")

    async def _noop(self, _: str) -> None:
        await self._server.say(250, "2.0.0 ok")

    async def _quit(self, argument: str) -> None:
        action = self._decide(Phase.QUIT, argument, self._last_recipients)
        await self._server.react(action, 221, "2.0.0 bye")
        raise Gone

    async def _unknown(self, _: str) -> None:
        await self._server.say(500, "5.5.2 unknown command")

    def _reset(self) -> None:
        self._sender = None
        self._recipients = ()

    def _decide(
        self, phase: Phase, argument: str = "", recipients: tuple[str, ...] | None = None
    ) -> Action | None:
        self._setup.reached[phase] += 1
        event = Event(
            phase=phase,
            connection=self._connection.number,
            nth=self._setup.reached[phase],
            at=time.monotonic(),
            sender=self._sender,
            recipients=self._recipients if recipients is None else recipients,
            argument=argument,
            encrypted=self._connection.encrypted,
        )
        return self._setup.decider.decide(event)

    async def _answer(self, phase: Phase, code: int, text: str, argument: str = "") -> int:
        """Decide and react; return the code that was sent."""
        return await self._server.react(self._decide(phase, argument), code, text)


def _decoded(text: str) -> str:
    return base64.b64decode(text, validate=True).decode()
