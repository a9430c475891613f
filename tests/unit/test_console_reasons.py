"""Why a message is where it is: whatever reason the code can write, staff read a sentence."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from relay.mail.reasons import Reason
from relay.screening import Wait
from relay.web.console.pages import Sayer

SOURCES = [
    *Path("workers").glob("*.py"),
    *(Path("relay") / f"{name}.py" for name in ("exchange", "conversations", "contact_rows")),
    Path("relay/outgoing/mails.py"),
]
ENDS = ("Held", "Bounced", "Withdrawn", "hold", "bounce", "withdraw", "give_back")
_SET = re.compile(r"\breason = '(\w+)'")
_CHOSEN = re.compile(r"\breason = case(.*?)\bend\b", re.DOTALL)
_OUTCOME = re.compile(r"(?:then|else) '(\w+)'")


def written_by_queries() -> Iterator[str]:
    """Name the reasons that statements write to mails themselves."""
    for file in Path("sql/queries").glob("*.sql"):
        for query in file.read_text("utf-8").split("-- name: "):
            if "update outbox" in query:
                yield from _SET.findall(query)
                for chosen in _CHOSEN.findall(query):
                    yield from _OUTCOME.findall(chosen)


def written_by_code() -> Iterator[str]:
    """Name the reasons that stand in the code: of ends, and of what is assigned to ``reason``."""
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=given):
                    yield from _words(*(given if name in ENDS else ()))
                case ast.Assign(targets=[ast.Name(id="reason")], value=value):
                    yield from _words(value)
                case ast.keyword(arg="reason" | "held_for", value=value):
                    yield from _words(value)


def _words(*nodes: ast.expr) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Constant(value=str(word)):
                yield word
            case ast.IfExp(body=one, orelse=other):
                yield from _words(one, other)
            case ast.BoolOp(values=several):
                yield from _words(*several)


CODES = sorted({*Reason, *Wait, *written_by_queries(), *written_by_code()})


def test_the_reasons_are_found() -> None:
    """The list holds what every corner writes: rendering, workers, acts, restores and the purge."""
    known = {"accepted", "suspicious", "rules", "frozen", "erased", "egress", "incomplete"}
    known |= {"restored", "retention", "hold_over", "other_hands", "stopped", "lease_lost"}
    assert known <= set(CODES)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("code", CODES)
def test_every_reason_is_said(code: str, language: str) -> None:
    """No code is shown raw, in either language."""
    assert Sayer(language).reason(code) != code
