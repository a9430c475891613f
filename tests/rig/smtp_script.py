"""The vocabulary of the scripted SMTP server: phases, events and actions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum


class Phase(Enum):
    """A moment of the dialogue at which the server may misbehave."""

    GREETING = "greeting"
    EHLO = "ehlo"
    HELO = "helo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    """The DATA command: its normal answer is 354."""
    BODY = "body"
    """First bytes of the content have arrived; nothing is answered here, so no reply either."""
    DOT = "dot"
    """The final dot has arrived: its normal answer is 250."""
    QUIT = "quit"


class Kind(Enum):
    """How the server reacts."""

    REPLY = "reply"
    CUT = "cut"
    HANG = "hang"
    SLOW = "slow"
    ENDLESS = "endless"
    INJECT = "inject"


@dataclass(frozen=True, slots=True)
class Action:
    """One reaction; make it with the functions of this module.

    Args:
        kind: How the server reacts.
        code: Reply code; None keeps the normal answer of the phase.
        text: Reply text without the code; several lines are separated by a newline.
        delay_s: Seconds to wait before reacting.
        times: How many times before the server is normal again; None means for ever. Counted
            per phase, and per recipient address for a behaviour chosen by recipient.
        keeps_mail: At the final dot, whether the mail counts as received although no answer
            is given.
        bytes_per_s: Rate of a slow reply.
        injected: Plaintext sent right after "220" of STARTTLS.
    """

    kind: Kind
    code: int | None = None
    text: str = ""
    delay_s: float = 0.0
    times: int | None = None
    keeps_mail: bool = False
    bytes_per_s: float = 1.0
    injected: bytes = b""


@dataclass(frozen=True, slots=True)
class Event:
    """What the script sees when it is asked for an action.

    Args:
        phase: Where the dialogue stands.
        connection: Number of the connection, from 1.
        nth: How many times this phase was reached in the whole sink, from 1.
        at: Monotonic time, seconds.
        sender: Envelope sender, None before MAIL.
        recipients: Envelope recipients accepted so far; at RCPT, followed by the asked one.
        argument: The rest of the command line, as sent.
        encrypted: Whether TLS is on.
    """

    phase: Phase
    connection: int
    nth: int
    at: float
    sender: str | None
    recipients: tuple[str, ...]
    argument: str
    encrypted: bool


Script = Callable[[Event], Action | None]
"""Decides freely; None leaves the decision to the sink's behaviour, then to the recipient's."""

Behaviour = Mapping[Phase, Action]
"""One action per misbehaving phase; all others are normal."""


def reply(code: int, text: str = "", *, delay_s: float = 0.0, times: int | None = None) -> Action:
    """Answer with this code; 421 also closes the connection (RFC 5321 3.8)."""
    return Action(Kind.REPLY, code=code, text=text, delay_s=delay_s, times=times)


def delay(seconds: float, *, times: int | None = None) -> Action:
    """Give the normal answer, but only after this many seconds."""
    return Action(Kind.REPLY, delay_s=seconds, times=times)


def cut(*, delay_s: float = 0.0, times: int | None = None, keeps_mail: bool = False) -> Action:
    """Close the connection instead of answering; at DOT, *keeps_mail* says who has the mail."""
    return Action(Kind.CUT, delay_s=delay_s, times=times, keeps_mail=keeps_mail)


def hang(*, times: int | None = None, keeps_mail: bool = False) -> Action:
    """Never answer; stay connected and go on reading until the client gives up."""
    return Action(Kind.HANG, times=times, keeps_mail=keeps_mail)


def slow(*, bytes_per_s: float = 1.0, times: int | None = None) -> Action:
    """Give the normal answer byte by byte."""
    return Action(Kind.SLOW, bytes_per_s=bytes_per_s, times=times)


def endless(*, times: int | None = None) -> Action:
    """Answer with continuation lines that do not end (the sink stops at 32 MiB and cuts)."""
    return Action(Kind.ENDLESS, times=times)


def inject(plaintext: bytes, *, times: int | None = None) -> Action:
    """At STARTTLS, send this plaintext in one packet with the 220, then start TLS normally."""
    return Action(Kind.INJECT, injected=plaintext, times=times)


def check(phase: Phase, action: Action) -> None:
    """Refuse an action that has no sense at a phase.

    Raises:
        ValueError: A reply inside the body, or an injection elsewhere than at STARTTLS.
    """
    if action.kind is Kind.INJECT and phase is not Phase.STARTTLS:
        raise ValueError(f"inject has a sense at STARTTLS only, not at {phase.value}")
    if phase is Phase.BODY and action.kind not in {Kind.CUT, Kind.HANG}:
        raise ValueError("inside the body the server can only cut or hang")
