"""Carries out one action of the script on the wire: reply, cut, hang, drip."""

import asyncio

from tests.rig.smtp_mails import Pile
from tests.rig.smtp_script import Action, Kind
from tests.rig.smtp_wire import Gone, Wire

ENDLESS_BYTES = 32 * 1024 * 1024


class Closing(Gone):
    """The server said 421 and closes (RFC 5321 section 3.8)."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)


class Reactor:
    """The server's side of one wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def say(self, code: int, text: str) -> int:
        """Send one whole reply and return its code.

        Raises:
            Closing: The code is 421.
            Gone: The client has left.
        """
        await self._wire.send(_reply_bytes(code, text))
        return _closed_by(code)

    async def react(self, action: Action | None, code: int, text: str) -> int:
        """Do *action*, or give the normal reply *code* and *text* when it is None.

        Returns:
            The code that was sent.

        Raises:
            Gone: The connection ended here, by the script or by the client.
        """
        if action is None:
            return await self.say(code, text)
        await asyncio.sleep(action.delay_s)
        match action.kind:
            case Kind.REPLY:
                return await self.say(*_chosen(action, code, text))
            case Kind.SLOW:
                return await self._drip(action, *_chosen(action, code, text))
            case Kind.INJECT:
                await self._wire.send(_reply_bytes(code, text) + action.injected)
                return code
            case Kind.HANG:
                await self._wire.drain_until_gone()
            case Kind.ENDLESS:
                await self._flood(code)
        self._wire.cut()
        raise Gone

    async def _drip(self, action: Action, code: int, text: str) -> int:
        for byte in _reply_bytes(code, text):
            await self._wire.send(bytes([byte]))
            await asyncio.sleep(1 / action.bytes_per_s)
        return _closed_by(code)

    async def _flood(self, code: int) -> None:
        lines = f"{code}-{'x' * 500}\r\n".encode() * 64
        for _ in range(ENDLESS_BYTES // len(lines)):
            await self._wire.send(lines)


def pile_after(action: Action | None) -> Pile:
    """Say where the mail ends after this reaction to the final dot."""
    if action is None:
        kept = True
    elif action.kind in {Kind.REPLY, Kind.SLOW}:
        kept = action.code is None or action.code < 400
    else:
        kept = action.keeps_mail
    return Pile.KEPT if kept else Pile.DROPPED


def _chosen(action: Action, code: int, text: str) -> tuple[int, str]:
    if action.code is None:
        return code, text
    return action.code, action.text or f"{action.code // 100}.0.0 scripted"


def _closed_by(code: int) -> int:
    if code == 421:
        raise Closing(code)
    return code


def _reply_bytes(code: int, text: str) -> bytes:
    """Format a reply of one or several lines (RFC 5321 section 4.2.1)."""
    *more, last = text.split("\n")
    return "".join([*(f"{code}-{line}\r\n" for line in more), f"{code} {last}\r\n"]).encode()
