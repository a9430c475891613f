"""Words at the console: hostile ones stay words, SQL is text, refusals have sentences."""

import re
from html import unescape
from pathlib import Path

import pytest

from relay.looks import verify
from relay.permissions import Role
from relay.texts import LANGUAGES, has
from tests.desk import Browser, enter, held_message
from tests.relays import Relay

RELAY = Path("relay")
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{ 7 * 7 }}",
    "</textarea></blockquote><svg/onload=alert(1)>",
)


@pytest.mark.parametrize("payload", HOSTILE)
async def test_hostile_words_stay_words(relay: Relay, browser: Browser, payload: str) -> None:
    """Whatever stands in a stored field is shown as it was written, and never as markup (A20)."""
    await relay.put_listing(title=payload)
    message = await held_message(relay, message=f"{payload} bonjour")
    await enter(relay, browser, *Role)
    path = f"/s/demo/messages/{message}"
    opened = (await browser.post(f"{path}/open", reason=payload)).text
    journal = (await browser.get("/s/demo/journal")).text
    assert unescape(opened).count(payload) >= 2
    for page in (opened, journal, (await browser.get(path)).text):
        assert payload not in page or not re.search("[<>\"']", payload)
        assert "49" not in re.findall(r"<blockquote[^>]*>(.*?)</blockquote>", page, re.DOTALL)
        assert not re.search(r"<[^>]+\son\w+=|<script(?![^>]*src=)|<svg", page)


@pytest.mark.parametrize(
    "asked",
    [
        "' or 1=1 --",
        '"; drop table look; --',
        "%_%",
        "\\'",
        "$1",
        ":site_id",
        "1e309",
        "x" * 4001,
        "é\x00",
    ],
)
async def test_statements_in_the_search_field(relay: Relay, browser: Browser, asked: str) -> None:
    """What looks like SQL is searched for as it stands (A46)."""
    await held_message(relay)
    await enter(relay, browser, Role.MODERATOR)
    assert (await browser.post("/s/demo/search", q=asked)).status in (200, 303, 422)
    assert (await verify(relay.context, relay.site)).faults == ()


def test_every_refusal_has_its_sentence() -> None:
    """What the desk's acts refuse with is said in both languages."""
    rooms = ("desk", "lookup", "staff", "web/console")
    files = [file for room in rooms for file in (RELAY / room).rglob("*.py")]
    coded = re.compile(r'(?:Refused\(|FieldFault\([^,]+, )"(\w+)"')
    sources = [file.read_text("utf-8") for file in (*files, RELAY / "pasted.py")]
    codes = {one for source in sources for one in coded.findall(source)}
    elsewhere = {"staff_exists", "staff_name_wrong", "staff_unknown", "appeal_not_open"}
    for one in sorted(codes - elsewhere):  # said by the command line, or to parties
        for language in LANGUAGES:
            assert has(language, f"console.problem_{one}") or has(language, f"problems.{one}")
