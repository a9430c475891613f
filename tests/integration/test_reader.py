"""F46: a process of its own reads mails, and the listener outlives whatever it does."""

import ast
import asyncio
import base64
import io
import os
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from relay import reader
from relay.errors import Unavailable
from relay.mail.reading.values import AutoReply, Reply, Unreadable
from relay.reader import Reader
from tests.unit.mail_files import stored

MAIL = b"From: paul@free.example\r\nSubject: Re: Velo\r\n\r\nOui, disponible.\r\n"


@pytest.fixture
async def child() -> AsyncIterator[Reader]:
    """A reader as the listener has it."""
    opened = Reader()
    yield opened
    await opened.close()


@pytest.fixture
async def faulty(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Reader]:
    """A reader whose process does what a mail orders."""
    monkeypatch.setattr(reader, "PROGRAM", "tests.integration.reader_faults")
    opened = Reader()
    yield opened
    await opened.close()


async def told(opened: Reader) -> tuple[list[str], int, list[int]]:
    """Return environment names, process id and open files of the process."""
    found = await opened.read(b"RIG: tell\n\n")
    assert isinstance(found, Unreadable)
    names, pid, files = ast.literal_eval(found.reason)
    return names, pid, files


async def test_a_mail_is_read(child: Reader) -> None:
    """What comes out of the process is what reading gives."""
    found = await child.read(MAIL)
    assert isinstance(found, Reply)
    assert found.text == "Oui, disponible."


async def test_files_come_through(child: Reader) -> None:
    """A picture of three megabytes arrives, within the process's memory and time."""
    noise = Image.frombytes("RGB", (1000, 1000), random.Random(46).randbytes(3_000_000))
    file = io.BytesIO()
    noise.save(file, "PNG")
    mail = (
        MAIL.partition(b"\r\n\r\n")[0]
        + b"\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(file.getvalue())
    )
    found = await child.read(mail)
    assert isinstance(found, Reply)
    assert [Image.open(io.BytesIO(one.content)).size for one in found.attachments] == [(1000, 1000)]


async def test_the_null_sender_is_told(child: Reader) -> None:
    """RFC 5321 4.5.5: what came with the null sender is automatic."""
    assert isinstance(await child.read(MAIL, null_sender=True), AutoReply)


async def test_one_process_reads_many_mails(faulty: Reader) -> None:
    """The parser is loaded once, not for each mail."""
    assert (await told(faulty))[1] == (await told(faulty))[1]


async def test_a_process_is_replaced_after_a_while(
    faulty: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No mail's remains stay in a process for ever."""
    monkeypatch.setattr(reader, "MAILS_PER_PROCESS", 2)
    pids = [(await told(faulty))[1] for _ in range(5)]
    assert (pids[0], pids[2]) == (pids[1], pids[3])
    assert len(set(pids)) == 3


async def test_mails_at_once_are_answered_each_its_own(child: Reader) -> None:
    """Answers are never mixed up between mails that come together."""
    mails = [MAIL + b"Numero %d." % number for number in range(20)]
    found = await asyncio.gather(*(child.read(mail) for mail in mails))
    texts = [one.text for one in found if isinstance(one, Reply)]
    assert texts == [f"Oui, disponible.\nNumero {number}." for number in range(20)]


async def test_the_process_holds_no_secret(faulty: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """A36: no setting and no open file of the listener's reaches the parser."""
    monkeypatch.setenv("RELAY_MASTER_KEY", "k1:secret")
    opened = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(opened, True)
    names, _, files = await told(faulty)
    os.close(opened)
    assert not [name for name in names if name.startswith("RELAY_")]
    assert set(names) <= {"PYTHONPATH", "LC_ALL", "LC_CTYPE"}
    assert len(files) <= 4  # standard input, output, errors and the folder just listed


async def test_an_endless_parse_is_cut(faulty: Reader) -> None:
    """F46: after two seconds of processor time the mail is unreadable, the next one is read."""
    assert await faulty.read(b"RIG: loop\n\n") == Unreadable("timeout")
    assert isinstance(await faulty.read(MAIL), Reply)


async def test_many_mails_do_not_add_up(faulty: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of work is each mail's own: together they may take longer."""
    monkeypatch.setattr(reader, "MAIL_TIMEOUT_S", 60.0)
    found = [await faulty.read(b"RIG: busy\n\n") for _ in range(4)]
    assert found == [Unreadable("busy")] * 4


async def test_a_parse_that_waits_is_cut(faulty: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """F46: what takes no processor time ends by the clock."""
    monkeypatch.setattr(reader, "MAIL_TIMEOUT_S", 1.0)
    assert await faulty.read(b"RIG: sleep\n\n") == Unreadable("timeout")
    assert isinstance(await faulty.read(MAIL), Reply)


async def test_memory_has_an_end(faulty: Reader) -> None:
    """F46: at RLIMIT_AS the mail is unreadable and the next one is read."""
    assert await faulty.read(b"RIG: memory\n\n") == Unreadable("crashed")
    assert isinstance(await faulty.read(MAIL), Reply)


async def test_a_killed_process_is_replaced(faulty: Reader) -> None:
    """F46: a process that ends in mid-mail costs that mail only."""
    assert await faulty.read(b"RIG: exit\n\n") == Unreadable("crashed")
    assert isinstance(await faulty.read(MAIL), Reply)


async def test_a_process_killed_between_mails_costs_nothing(faulty: Reader) -> None:
    """F46: the mail after it is read by a fresh process."""
    await told(faulty)
    process = faulty._process
    assert process is not None
    process.kill()
    await process.wait()
    assert isinstance(await faulty.read(MAIL), Reply)


async def test_a_lying_process_is_replaced(faulty: Reader) -> None:
    """F46: what no reader writes is not believed, nor what the process says afterwards."""
    assert await faulty.read(b"RIG: lie\n\n") == Unreadable("crashed")
    assert isinstance(await faulty.read(MAIL), Reply)


async def test_a_given_up_mail_does_not_answer_the_next(faulty: Reader) -> None:
    """A session that ends while its mail is read leaves no answer behind for another."""
    await told(faulty)
    task = asyncio.create_task(faulty.read(b"RIG: loop\n\n"))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert isinstance(await faulty.read(MAIL), Reply)


async def test_no_process_is_no_fault_of_the_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the program cannot be started the mail is to come again, not to be held."""
    monkeypatch.setattr(reader, "PROGRAM", "relay.mail.absent")
    with pytest.raises(Unavailable):
        await Reader().read(MAIL)


async def test_it_works_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process starts from any folder, and imports nothing that lies there."""
    (tmp_path / "email.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    opened = Reader()
    try:
        assert isinstance(await opened.read(MAIL), Reply)
    finally:
        await opened.close()


async def test_closing_ends_the_process(faulty: Reader) -> None:
    """Nothing is left running."""
    _, pid, _ = await told(faulty)
    await faulty.close()
    assert not Path(f"/proc/{pid}").exists()


async def test_a_bounce_comes_through(child: Reader) -> None:
    """F40: a provider's bounce is one on this side of the process too."""
    found = await child.read(stored("bounces/own", "gmail_unknown.eml"))
    assert type(found).__name__ == "Bounce"
