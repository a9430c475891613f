"""Rules on live traffic: what a live one holds never leaves, and what they cost nobody loses."""

import asyncio
import re
from typing import Any
from uuid import UUID

import pytest

from relay import desk, moderation, screening
from relay.context import open_context
from relay.database import queries
from relay.desk import Action, Mode, Order
from relay.errors import Refused
from relay.looks import Look
from relay.permissions import Role
from relay.rules import Reading, read
from relay.sealing import new_id
from relay.settings import Settings
from tests.desk import open_browser, open_console, seat
from tests.relays import Relay, courier, open_relay, until
from tests.rig.smtp_sink import SmtpSink
from tests.scenarios.test_arrivals import alias, mail
from tests.scenarios.test_private_pages import pages, press
from tests.scenarios.test_replies import come_in

FRAUD = "Bonjour, je vous règle par mandat cash dès demain, cela vous convient ?"
RUN = (
    "Bonjour, votre annonce m’intéresse vraiment beaucoup et je souhaite savoir quand il serait"
    " possible de passer la voir chez vous cette semaine, merci de votre retour rapide."
)


async def look_of(relay: Relay) -> Look:
    """Return a look of somebody, who acts."""
    at = relay.context.clock()
    staff_id = new_id(at)
    await relay.fetch(
        "insert into staff (staff_id, name, wrapped_key) values ($1, $2, '')",
        staff_id,
        f"lea{staff_id.hex[-8:]}",
    )
    return Look(relay.site.site_id, staff_id, "act", "rule", "essai", at)


async def switch(relay: Relay, rule: str, mode: Mode) -> UUID:
    """Switch a rule; return the act."""
    look = await look_of(relay)
    effect = await desk.switch_rule(relay.context, relay.site, rule, mode, look)
    assert effect.act_id
    return effect.act_id


async def send(relay: Relay, text: str, number: int = 0) -> UUID:
    """Send a contact of one of many buyers."""
    status, body = await relay.post(email=f"acheteur{number}@exemple.example", message=text)
    assert status == 202
    return UUID(body["id"].removeprefix("msg_"))


async def settled(relay: Relay) -> bool:
    """Tell whether nothing waits for a worker."""
    return not await relay.fetch(
        "select 1 from outbox where state in ('queued', 'sending', 'deferred')"
    )


async def deliver(relay: Relay, sink: SmtpSink) -> None:
    """Let a worker run until nothing waits for it."""
    async with courier(relay.context, sink.port):
        await until(lambda: settled(relay), 20)


async def state_of(relay: Relay, message_id: UUID) -> tuple[str, str]:
    """Return state and reason of a message."""
    [row] = await relay.fetch("select state, reason from outbox where mail_id = $1", message_id)
    return row["state"], row["reason"]


async def hits(relay: Relay) -> list[tuple[str, bool, bool]]:
    """Return what rules saw: which, whether it counts, whether it holds."""
    rows = await relay.fetch("select rule, is_live, holds from rule_hit order by message_id, rule")
    return [(row["rule"], row["is_live"], row["holds"]) for row in rows]


async def test_a_live_rule_holds(relay: Relay) -> None:
    """What a live rule holds does not leave, and the queue says which rule."""
    await switch(relay, "r07_mandate", Mode.LIVE)
    message_id = await send(relay, FRAUD)
    async with SmtpSink() as sink:
        await deliver(relay, sink)
        assert [one for one in sink.mails if "annonceur" in one.recipients[0]] == []
    assert await state_of(relay, message_id) == ("held", "rules")
    [held] = await moderation.list_held(relay.context, relay.site)
    assert (held.signals, held.score) == (("unsigned_form", "r07_mandate"), 9)


async def test_a_rule_in_shadow_counts_what_it_would_hold(relay: Relay) -> None:
    """A rule that nobody switched is in shadow: the message leaves, and what it saw is shown."""
    message_id = await send(relay, FRAUD)
    async with SmtpSink() as sink:
        await deliver(relay, sink)
    assert (await state_of(relay, message_id))[0] == "delivered"
    assert await hits(relay) == [("r07_mandate", False, True)]
    listed = await desk.list_rules(relay.context, relay.site, await look_of(relay))
    [rule] = [one for one in listed if one.name == "r07_mandate"]
    assert (rule.mode, rule.week, rule.held, rule.would_hold) == (Mode.SHADOW, 1, 0, 1)


async def test_a_rule_that_is_off_sees_nothing(relay: Relay) -> None:
    """A rule that was switched off writes nothing down."""
    await switch(relay, "r07_mandate", Mode.OFF)
    await send(relay, FRAUD)
    async with SmtpSink() as sink:
        await deliver(relay, sink)
    assert await hits(relay) == []


async def test_an_ordinary_message_leaves_no_row(relay: Relay) -> None:
    """Nothing is written of a message in which no rule saw anything."""
    await send(relay, "Bonjour, le vélo est-il toujours disponible ?")
    async with SmtpSink() as sink:
        await deliver(relay, sink)
    assert await hits(relay) == []


async def test_what_a_person_lets_go_leaves(relay: Relay) -> None:
    """A released message is not held again, and counts as one the rule was wrong about."""
    await switch(relay, "r07_mandate", Mode.LIVE)
    message_id = await send(relay, FRAUD)
    async with SmtpSink() as sink:
        await deliver(relay, sink)
        order = Order(Action.RELEASE, await look_of(relay), message_ids=(message_id,))
        await desk.carry_out(relay.context, relay.site, order)
        await relay.travel(20)
        await deliver(relay, sink)
    assert (await state_of(relay, message_id))[0] == "delivered"
    listed = await desk.list_rules(relay.context, relay.site, await look_of(relay))
    [rule] = [one for one in listed if one.name == "r07_mandate"]
    assert (rule.held, rule.let_go, rule.wrong_share) == (1, 1, 100)


async def test_a_release_by_command_is_final_too(relay: Relay) -> None:
    """What `relay held release` lets go is held by no rule again, even after a deferral."""
    await switch(relay, "r07_mandate", Mode.LIVE)
    message_id = await send(relay, FRAUD)
    async with SmtpSink() as sink:
        await deliver(relay, sink)
        await moderation.release(relay.context, relay.site, message_id)
        deferred = "update outbox set state = 'deferred', reason = 'greylisted' where mail_id = $1"
        await relay.fetch(deferred, message_id)
        await deliver(relay, sink)
    assert (await state_of(relay, message_id))[0] == "delivered"


async def test_what_may_have_arrived_is_not_held(relay: Relay) -> None:
    """A retry of what may have arrived is put to no rule: nobody refuses what was delivered."""
    await switch(relay, "r07_mandate", Mode.LIVE)
    message_id = await send(relay, FRAUD)
    ambiguous = "update outbox set state = 'deferred', reason = 'ambiguous', ambiguous = 1"
    await relay.fetch(f"{ambiguous} where mail_id = $1", message_id)
    async with SmtpSink() as sink:
        await deliver(relay, sink)
    assert (await state_of(relay, message_id))[0] == "delivered"
    assert await hits(relay) == []


async def test_what_rules_saw_goes_with_the_message(relay: Relay) -> None:
    """With a message goes what rules saw in it, and that a person let it leave."""
    message_id = await send(relay, FRAUD)
    await relay.fetch(
        "insert into rule_hit select site_id, message_id, 'r07_mandate', 8, true, true from message"
    )
    await relay.fetch("insert into released select site_id, message_id from message")
    async with relay.context.database.connection() as connection:
        await queries().delete_messages(connection, site_id=relay.site.site_id, ids=[message_id])
    relay.accepted.clear()
    assert await hits(relay) == []
    assert await relay.fetch("select 1 from released") == []


async def test_a_switch_knows_the_one_before(relay: Relay) -> None:
    """Two who switch a rule at once: the later act takes back to what the earlier one set."""
    async with relay.context.database.connection() as connection:
        async with connection.transaction():
            await queries().set_mode(
                connection, site_id=relay.site.site_id, rule="r07_mandate", mode="live"
            )
            later = asyncio.create_task(switch(relay, "r07_mandate", Mode.OFF))
            await asyncio.sleep(0.3)
        await later
    [act] = await relay.fetch("select rule_was from desk_act")
    assert act["rule_was"] == "live"


async def test_owning_a_reply_exempts_from_no_rule(relay: Relay) -> None:
    """«C’est bien moi» is no moderator's release: a live rule holds the reply all the same."""
    await switch(relay, "r08_coupon", Mode.LIVE)
    to = await alias(relay)
    raw = mail(to, "Envoyez-moi un coupon PCS.", From="<autre@ailleurs.example>")
    await come_in(relay, to, raw)
    [row] = await relay.fetch("select message_id from outbox where kind = 'reply'")
    page = await pages(relay, "advertiser")
    answer = {"id": f"msg_{row['message_id'].hex}", "mine": "1"}
    assert await press(relay, f"{page}/confirm", **answer) == 303
    async with SmtpSink() as sink:
        await deliver(relay, sink)
    assert await state_of(relay, row["message_id"]) == ("held", "rules")


async def test_a_hold_taken_back_exempts_from_no_rule(relay: Relay) -> None:
    """Undoing a moderator's hold is no look at the text: a live rule holds it all the same."""
    await switch(relay, "r07_mandate", Mode.LIVE)
    message_id = await send(relay, FRAUD)
    order = Order(Action.HOLD, await look_of(relay), message_ids=(message_id,))
    effect = await desk.carry_out(relay.context, relay.site, order)
    assert effect.act_id
    await desk.undo(relay.context, relay.site, effect.act_id, await look_of(relay))
    await relay.travel(20)
    async with SmtpSink() as sink:
        await deliver(relay, sink)
    assert await state_of(relay, message_id) == ("held", "rules")


async def test_a_rule_that_fails_loses_nothing(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that raises lets its message go on; it is counted."""

    def broken(*_: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(screening, "judge", broken)
    before = screening.failed_total._value.get()
    message_id = await send(relay, FRAUD)
    async with SmtpSink() as sink:
        await deliver(relay, sink)
    assert (await state_of(relay, message_id))[0] == "delivered"
    assert screening.failed_total._value.get() == before + 1


async def test_a_text_that_rules_cannot_read_in_time_waits(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F47: a text made to keep a rule busy for ever is held, counted, and holds up nobody else."""

    def careless(text: str, *, region: str) -> Reading:
        re.match(r"(\w+\s?)+$", text)  # as a rule might be written one day
        return read(text, region=region)

    monkeypatch.setattr(screening, "read", careless)
    monkeypatch.setattr(screening, "CPU_S", 0.2)
    before = screening.overrun_total._value.get()
    hostile = await send(relay, "a" * 60 + "!", 1)
    other = await send(relay, "Bonjour, est-il disponible ?", 2)
    async with SmtpSink() as sink:
        await deliver(relay, sink)
    assert await state_of(relay, hostile) == ("held", "unscreened")
    assert (await state_of(relay, other))[0] == "delivered"
    assert screening.overrun_total._value.get() == before + 1


async def test_a_run_of_copies_is_seen(relay: Relay) -> None:
    """From the fifth copy within an hour, of three mailboxes, the run is seen."""
    async with SmtpSink() as sink:
        for number in range(4):
            await send(relay, f"{RUN} {number}", number)
            await deliver(relay, sink)
        assert await hits(relay) == []
        await send(relay, f"{RUN} Léon", 6)
        await deliver(relay, sink)
    assert await hits(relay) == [("r18_copied_run", False, False)]


async def burst(relay: Relay, copies: int) -> set[int]:
    """Send copies of a text at once, each to a listing of its own, from an address of its own."""
    for number in range(copies):
        await relay.put_listing(ref=f"serie-{number}")
    answers = await asyncio.gather(
        *(
            relay.post(
                headers={"X-Forwarded-For": f"203.0.113.{number}"},
                listing=f"serie-{number}",
                phone=f"06 39 98 10 {number:02d}",
                email=f"acheteur{number}@exemple.example",
                message=f"{RUN} Écrivez-moi sur WhatsApp. {number}",
            )
            for number in range(copies)
        )
    )
    return {status for status, _ in answers}


async def test_of_a_burst_no_more_than_four_leave(settings: Settings) -> None:
    """Of thirty copies to thirty listings at once, those count that are about to leave too."""
    behind = Settings.model_validate(dict(settings) | {"trusted_proxies": "127.0.0.0/8"})
    async with open_context(behind) as context, open_relay(context) as relay, SmtpSink() as sink:
        for rule in ("r04_other_channel", "r18_copied_run"):
            await switch(relay, rule, Mode.LIVE)
        async with courier(relay.context, sink.port):
            assert await burst(relay, 30) == {202}
            await until(lambda: settled(relay), 30)
        rows = await relay.fetch("select state from outbox where kind = 'contact'")
    states = [row["state"] for row in rows]
    assert states.count("delivered") <= 4
    assert states.count("delivered") + states.count("held") == 30


async def test_a_text_screened_again_counts_once(relay: Relay) -> None:
    """A message that is deferred and screened again is one copy, not two."""
    first = await send(relay, f"{RUN} 1", 1)
    async with SmtpSink() as sink:
        await deliver(relay, sink)
        await relay.fetch(
            "update outbox set state = 'deferred', due_at = now() where mail_id = $1", first
        )
        await deliver(relay, sink)
    assert len(await relay.fetch("select 1 from text_mark where message_id = $1", first)) == 1


async def test_who_objected_is_compared_and_not_kept(relay: Relay) -> None:
    """GDPR 21: the text of who objected meets the run it is part of, and leaves no mark."""
    for number in range(4):
        await send(relay, f"{RUN} {number}", number)
    last = await send(relay, f"{RUN} Léon", 6)
    await relay.fetch(
        "insert into objection (site_id, mailbox_hash, purpose, request_id, since)"
        " select site_id, mailbox_hash, 'security', message_id, now() from message"
        " where message_id = $1",
        last,
    )
    async with SmtpSink() as sink:
        await deliver(relay, sink)
    assert ("r18_copied_run", False, False) in await hits(relay)
    assert await relay.fetch("select 1 from text_mark where message_id = $1", last) == []


async def test_a_reply_is_read_too(relay: Relay) -> None:
    """An advertiser's reply meets the rules of its side."""
    await switch(relay, "r08_coupon", Mode.LIVE)
    to = await alias(relay)
    await come_in(relay, to, mail(to, "Oui, envoyez-moi un coupon PCS de 120 euros."))
    async with SmtpSink() as sink:
        await deliver(relay, sink)
    [row] = await relay.fetch("select state, reason from outbox where kind = 'reply'")
    assert (row["state"], row["reason"]) == ("held", "rules")


async def test_a_switch_is_undone(relay: Relay) -> None:
    """Within fifteen seconds a switch is taken back to what the rule was before."""
    await switch(relay, "r07_mandate", Mode.OFF)
    act_id = await switch(relay, "r07_mandate", Mode.LIVE)
    await desk.undo(relay.context, relay.site, act_id, await look_of(relay))
    [row] = await relay.fetch("select mode from site_rule")
    assert row["mode"] == "off"


async def test_a_rule_nobody_has_is_refused(relay: Relay) -> None:
    """Only rules that exist are switched."""
    with pytest.raises(Refused, match="not_found"):
        await switch(relay, "r99_nothing", Mode.LIVE)


async def test_the_page_of_rules(relay: Relay) -> None:
    """A lead sees each rule with its figures and examples, masked, and switches it; a moderator
    may only let one watch.
    """
    await send(relay, FRAUD)
    async with SmtpSink() as sink:
        await deliver(relay, sink)
    path = "/s/demo/rules"
    async with open_console(relay.context) as url, open_browser(url) as browser:
        browser.keep(await seat(relay.context, relay.site, Role.LEAD))
        page = await browser.get(path)
        assert page.status == 200
        assert "Mandat cash" in page.text
        assert len(page.text.encode()) < 60_000
        example = await browser.get(f"{path}/r07_mandate")
        assert "06 •• •• •• 56" in example.text.replace("\u00a0", " ")
        assert "mandat cash dès" not in example.text
        done = await browser.post(f"{path}/r07_mandate/mode", mode="live", reason="trop de fraudes")
        assert done.status == 303
        assert "active" in (await browser.get(path)).text
        assert "Règle changée" in (await browser.get("/s/demo/acts")).text
        browser.keep(await seat(relay.context, relay.site, Role.MODERATOR))
        await browser.get(path)
        refused = await browser.post(f"{path}/r08_coupon/mode", mode="live", reason="essai")
        assert refused.status == 403


async def test_a_message_says_what_the_rules_saw(relay: Relay) -> None:
    """The page of a message names each part of its score and why it counts."""
    message_id = await send(relay, FRAUD)
    async with SmtpSink() as sink:
        await deliver(relay, sink)
    async with open_console(relay.context) as url, open_browser(url) as browser:
        browser.keep(await seat(relay.context, relay.site, Role.MODERATOR))
        page = await browser.get(f"/s/demo/messages/msg_{message_id.hex}")
    assert "La Poste ne vend plus de mandats cash" in page.text
    assert "8 points" in page.text.replace("\u00a0", " ")
