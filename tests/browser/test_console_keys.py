"""The console by keyboard alone."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.desk import Desk

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def press(page: Page, *keys: str) -> int:
    """Press keys one after the other; return how many."""
    for key in keys:
        await page.keyboard.press(key)
    return len(keys)


async def test_from_a_report_to_a_block_and_back_in_six_keys(moderator: Page, desk: Desk) -> None:
    """Report, what is linked, block, confirm, undo: six keys beside the words of the reason."""
    await moderator.goto(f"{desk.url}/s/demo/cases/{desk.case}")
    pressed = await press(moderator, "s")
    await moderator.wait_for_url("**/keys/phone.*")
    pressed += await press(moderator, "b")
    await moderator.keyboard.type("mandat")
    pressed += await press(moderator, "Enter")
    await moderator.get_by_role("heading", name="Effet de cette action").wait_for()
    pressed += await press(moderator, "Enter")
    await moderator.wait_for_url("**?done=act_*")
    pressed += await press(moderator, "z")
    await moderator.wait_for_url(desk.url + desk.key)
    assert await desk.relay.fetch("select 1 from block where lifted_at is null") == []
    assert pressed <= 6


async def test_from_report_to_undo(moderator: Page, desk: Desk) -> None:
    """From the queue to the report, its decision and back again: few keys, and no mouse."""
    await moderator.goto(f"{desk.url}/s/demo/queue")
    await press(moderator, "j", "Enter")
    await moderator.wait_for_url("**/cases/**")
    await press(moderator, "d")  # asks for the facts first
    await moderator.keyboard.type("rien de suspect")
    await press(moderator, "Enter")
    await moderator.wait_for_url("**?done=act_*")
    await press(moderator, "z")
    await moderator.locator("button[data-key=d]").wait_for()
    assert "?" not in moderator.url


async def test_from_a_paste_to_a_block_and_back(moderator: Page, desk: Desk) -> None:
    """A paste shows the sender; block, confirm and undo are a key each."""
    await moderator.goto(f"{desk.url}/s/demo/queue")
    await press(moderator, "/")
    await moderator.wait_for_url("**/search")
    await press(moderator, "/")
    await moderator.keyboard.type("06 39 98 04 56")
    await press(moderator, "Enter")
    await moderator.wait_for_url("**/keys/phone.*")
    await press(moderator, "b")
    await moderator.keyboard.type("mandat")
    await press(moderator, "Enter")
    await moderator.get_by_role("heading", name="Effet de cette action").wait_for()
    await press(moderator, "Enter")
    await moderator.wait_for_url("**?done=act_*")
    await press(moderator, "z")
    await moderator.wait_for_url(desk.url + desk.key)
    assert await desk.relay.fetch("select 1 from block where lifted_at is null") == []


async def test_one_key_reads_a_reported_text(moderator: Page, desk: Desk) -> None:
    """From a report its text is one key away; the case stands as the reason in the journal."""
    await moderator.goto(f"{desk.url}/s/demo/cases/{desk.case}")
    await press(moderator, "o")
    await expect(moderator.get_by_text("Je paie par mandat")).to_be_visible()
    [row] = await desk.relay.fetch(
        "select reason from look where action = 'open' order by number desc limit 1"
    )
    assert row["reason"] == desk.case


async def test_a_note_for_the_others(moderator: Page, desk: Desk) -> None:
    """A note is written beside a case with a key, and stands there."""
    await moderator.goto(f"{desk.url}/s/demo/cases/{desk.case}")
    await press(moderator, "n")
    await moderator.keyboard.type("vu au téléphone")
    await press(moderator, "Enter")
    await moderator.wait_for_url("**?done=act_*")
    await expect(moderator.get_by_text("vu au téléphone")).to_be_visible()


async def test_chosen_messages_are_acted_on_together(moderator: Page, desk: Desk) -> None:
    """Two lines are chosen by keyboard, their effect is shown, and nothing else changes."""
    await moderator.goto(desk.url + desk.key)
    await press(moderator, "j", "x", "j", "x")
    assert await moderator.locator("input[form=selected]:checked").count() == 2
    form = moderator.locator("#selected")
    await form.get_by_label("Motif pour les messages choisis").fill("essai")
    await form.get_by_role("button", name="Retenir").click()
    await moderator.get_by_role("heading", name="Effet de cette action").wait_for()
    await expect(moderator.get_by_role("main")).to_contain_text("2 messages restent comme ils")


async def test_all_a_page_can_do(moderator: Page, desk: Desk) -> None:
    """? and Ctrl K show every command with its key; letters find one, Enter runs it."""
    await moderator.goto(f"{desk.url}/s/demo/queue")
    for key in ("?", "Control+k"):
        await press(moderator, key)
        await expect(moderator.get_by_role("dialog")).to_contain_text("Livraison")
        await press(moderator, "Escape")
        await expect(moderator.get_by_role("dialog")).to_have_count(0)
    await press(moderator, "?")
    await moderator.keyboard.type("santé")
    await press(moderator, "Enter")
    await moderator.wait_for_url("**/health")


async def test_a_key_right_after_the_dialog(moderator: Page, desk: Desk) -> None:
    """The field of a dialog just closed swallows no key, though it still has the focus."""
    await moderator.goto(f"{desk.url}/s/demo/queue")
    await press(moderator, "?")
    opened = await moderator.evaluate(
        """() => {
          const field = document.querySelector("dialog[open] input");
          field.closest("dialog").close();
          field.dispatchEvent(new KeyboardEvent("keydown", {key: "?", bubbles: true}));
          return document.querySelectorAll("dialog[open]").length;
        }"""
    )
    assert opened == 1


@pytest.mark.parametrize(("key", "place"), [("f", "queue"), ("r", "search"), ("l", "delivery")])
async def test_pages_by_two_keys(moderator: Page, desk: Desk, key: str, place: str) -> None:
    """«g» and a letter lead to a page."""
    await moderator.goto(f"{desk.url}/s/demo/journal")
    await press(moderator, "g", key)
    await moderator.wait_for_url(f"**/{place}")


async def test_the_sender_by_two_keys(moderator: Page, desk: Desk) -> None:
    """«g e» leads from a message to all of its sender."""
    await moderator.goto(f"{desk.url}/s/demo/messages/{desk.held}")
    await press(moderator, "g", "e")
    await moderator.wait_for_url("**/keys/phone.*")


async def test_keys_can_be_turned_off(moderator: Page, desk: Desk) -> None:
    """Who turns the keys off is left alone by them."""
    await moderator.goto(f"{desk.url}/account")
    await moderator.get_by_role("checkbox").uncheck()
    await moderator.goto(f"{desk.url}/s/demo/queue")
    await press(moderator, "j")
    assert await moderator.evaluate("document.activeElement === document.body")


async def test_keys_can_be_changed(moderator: Page, desk: Desk) -> None:
    """Another letter in the place of one does what that did, and the first does nothing."""
    await moderator.goto(f"{desk.url}/account")
    field = moderator.get_by_label("ligne suivante")
    await field.fill("m")
    await field.blur()
    await moderator.goto(f"{desk.url}/s/demo/queue")
    await press(moderator, "j")
    assert await moderator.evaluate("document.activeElement === document.body")
    await press(moderator, "m")
    assert not await moderator.evaluate("document.activeElement === document.body")


async def test_enter_alone_decides_nothing(moderator: Page, desk: Desk) -> None:
    """Enter in the field of a reason presses none of several buttons."""
    await moderator.goto(f"{desk.url}/s/demo/messages/{desk.held}")
    await moderator.get_by_label("Motif", exact=True).fill("à voir")
    await press(moderator, "Enter")
    await moderator.goto(f"{desk.url}/s/demo/acts")
    assert "à voir" not in await moderator.content()
