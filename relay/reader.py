"""A process of its own that reads what strangers sent; the listener outlives whatever it does.

The standard mail parser may be led to take minutes or all memory. There it has two to three
seconds of processor time for each mail and memory with an end; a process that breaks either is
replaced, and its mail is kept for a person to look at (F46).
"""

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

import relay
from relay.errors import Unavailable
from relay.mail.reading.encoding import from_json
from relay.mail.reading.frames import GREETING, LENGTH_BYTES, framed, length_of
from relay.mail.reading.values import Incoming, Unreadable

PROGRAM = "relay.mail.reading"
# By the clock, for what waits instead of working; the kernel watches the work.
MAIL_TIMEOUT_S, START_TIMEOUT_S = 10.0, 20.0
ENDING_TIMEOUT_S = 1.0
FILE_TIMEOUT_S = 2.0  # more for each megabyte: pictures are made anew
MAILS_PER_PROCESS = 200  # then a fresh one: no mail's remains live long
_ASKED_TO_END = frozenset((-signal.SIGTERM, -signal.SIGHUP))
_NULL_SENDER = b"Return-Path: <>\r\n"  # as the last server writes it (RFC 5321 4.4)


class Reader:
    """Reads mails one after another in a child process that holds no secret.

    One reader works on one mail at a time; for more at once, open more.
    """

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._mails = 0
        self._turn = asyncio.Lock()

    async def read(self, raw: bytes, *, null_sender: bool = False) -> Incoming:
        """Return what *raw* is, or Unreadable: ``timeout`` or ``crashed``.

        Args:
            raw: A whole mail, any bytes at all.
            null_sender: Whether it came with the null envelope sender.

        Raises:
            Unavailable: No process could be started, or it was asked to end, as when the whole
                service stops: no fault of the mail's.
        """
        async with self._turn:
            process = await self._ready()
            try:
                return await self._ask(process, _NULL_SENDER + raw if null_sender else raw)
            except TimeoutError:
                await self._stop()
                return Unreadable("timeout")
            except (OSError, EOFError, ValueError) as fault:
                await self._stop()
                if process.returncode in _ASKED_TO_END:
                    raise Unavailable from fault
                is_slow = process.returncode == -signal.SIGXCPU
                return Unreadable("timeout" if is_slow else "crashed")
            except BaseException:
                await self._stop()  # left in mid-mail: its answer would go to the next one
                raise

    async def close(self) -> None:
        """End the child process."""
        async with self._turn:
            await self._stop()

    async def _ask(self, process: asyncio.subprocess.Process, raw: bytes) -> Incoming:
        self._mails += 1
        async with asyncio.timeout(MAIL_TIMEOUT_S + FILE_TIMEOUT_S * (len(raw) >> 20)):
            return from_json(await _exchange(process, raw))

    async def _ready(self) -> asyncio.subprocess.Process:
        """Return a process that waits for a mail, a fresh one when need be."""
        if self._process and self._process.returncode is None and self._mails < MAILS_PER_PROCESS:
            return self._process
        await self._stop()
        try:
            return await self._start()
        except (OSError, EOFError, ValueError) as fault:  # also TimeoutError
            await self._stop()
            raise Unavailable from fault  # no fault of the mail's: it may come again

    async def _start(self) -> asyncio.subprocess.Process:
        # -P: nothing is imported from where the relay happens to be started.
        self._process = process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", PROGRAM),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # a traceback could quote the mail
            env={"PYTHONPATH": str(Path(relay.__file__).parents[1]), "LC_ALL": "C.UTF-8"},
            cwd="/",
        )
        self._mails = 0
        async with asyncio.timeout(START_TIMEOUT_S):
            if await _receive(process) != GREETING:
                raise ValueError("not the reading program")
        return process

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()  # an idle process ends by itself
        try:
            # Killing what has just ended would take its exit code away from asyncio.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), ENDING_TIMEOUT_S)
        finally:
            if process.returncode is None:
                process.kill()
        await process.wait()


async def _exchange(process: asyncio.subprocess.Process, raw: bytes) -> bytes:
    if process.stdin is None:
        raise ValueError("a process without standard input")
    process.stdin.write(framed(raw))
    await process.stdin.drain()
    return await _receive(process)


async def _receive(process: asyncio.subprocess.Process) -> bytes:
    if process.stdout is None:
        raise ValueError("a process without standard output")
    head = await process.stdout.readexactly(LENGTH_BYTES)
    return await process.stdout.readexactly(length_of(head))
