"""How commands fail before a person: a sentence that says what to do, never a trace."""

import errno
import re
from email.message import Message
from io import BytesIO
from pathlib import Path
from urllib.error import HTTPError

import click
import pytest

from relay.cli.telling import told
from relay.cli.traffic import _refusal
from relay.errors import Refused

RELAY = Path("relay")
ACTS = ("cli", "custody", "moderation.py", "administration.py", "retention", "staff", "webhooks")
VALUES = {"keys": "k1", "sessions": 2, "rows": 3, "until": "2026-11-22", "n": 12, "time": "10:00"}


def said(error: Exception) -> str:
    """Return what a person reads when a command fails with *error*."""

    @told
    def fails() -> None:
        raise error

    with pytest.raises(click.ClickException) as failure:
        fails()
    return failure.value.message


def codes() -> list[str]:
    """Return every code the acts of commands refuse with."""
    places = [RELAY / act for act in ACTS]
    files = [file for place in places for file in (place, *place.rglob("*.py")) if file.is_file()]
    sources = [file.read_text("utf-8") for file in files]
    return sorted({code for source in sources for code in re.findall(r'Refused\("(\w+)"', source)})


@pytest.mark.parametrize("code", codes())
def test_a_refusal_is_a_sentence(code: str) -> None:
    """Whatever an act of a command refuses with is told in words, its code never."""
    sentence = said(Refused(code, **VALUES))
    assert " " in sentence
    assert code not in sentence
    assert "{" not in sentence


def test_trouble_with_files_and_ports_is_a_sentence() -> None:
    """A folder nobody may write, a file that is no text and a port that is taken are told."""
    assert "/nowhere: Permission denied" in said(
        PermissionError(13, "Permission denied", "/nowhere")
    )
    assert "UTF-8" in said(UnicodeDecodeError("utf-8", b"\xc0", 0, 1, "invalid start byte"))
    assert "RELAY_HTTP_LISTEN" in said(OSError(errno.EADDRINUSE, "address already in use"))


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (
            b'{"title": "One point", "errors": [{"field": "email", "message": "Needs an @"}]}',
            "One point\nemail: Needs an @",
        ),
        (b'{"title": "This key does not exist"}', "This key does not exist"),
        (b"<html>", "https://a.example/ answers 404 Not Found: is that the relay's address?"),
        (b"[]", "https://a.example/ answers 404 Not Found: is that the relay's address?"),
    ],
)
def test_the_answer_of_a_server_is_told_in_its_sentences(body: bytes, sentence: str) -> None:
    """`relay send` tells a refusal by its sentences, and another program's answer by its status."""
    with HTTPError("https://a.example/", 404, "Not Found", Message(), BytesIO(body)) as error:
        assert _refusal(error) == sentence
