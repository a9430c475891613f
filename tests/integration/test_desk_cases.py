"""Reports, decisions and appeals against a real database: told to both sides, kept as evidence."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from relay import desk
from relay.desk import (
    Action,
    Category,
    Decision,
    Notice,
    Order,
    Ruling,
    Source,
    reports,
)
from relay.desk.telling import News
from relay.errors import Invalid, Refused
from relay.lookup import Kind
from relay.mail.letters import Composed
from relay.outgoing import read_mails, render
from relay.retention import Pace, Run, purge_site
from tests.moderators import (
    FACTS,
    Clock,
    block,
    look_of,
    notices,
    reported,
    set_state,
    write,
)
from tests.relays import Relay


async def test_a_report_has_its_receipt_and_its_evidence(relay: Relay) -> None:
    """A40: who reports is told at once, and the thread is kept from the purge until an end."""
    message_id = await write(relay)
    await reported(relay, message_id)
    [hold] = await relay.fetch(
        "select scope, is_held(site_id, $1, now()) as held, ends_at - now() > interval '183 days'"
        " as long from legal_hold",
        message_id,
    )
    assert (hold["scope"], hold["held"], hold["long"]) == ("conversation", True, True)
    assert await notices(relay) == [("reader_notice", "report_received", "queued")]


async def test_reports_of_one_message_are_one_case(relay: Relay) -> None:
    """A report of staff joins the case that a party opened."""
    message_id = await write(relay)
    case_id = await reported(relay, message_id)
    notice = Notice(
        message_id=message_id, category=Category.PHISHING, source=Source.STAFF, why="Lien imité."
    )
    receipt = await desk.file_report(relay.context, relay.site, notice, await look_of(relay))
    look = replace(await look_of(relay), action="open")
    file = await desk.read_case(relay.context, relay.site, case_id, look)
    assert (receipt.case_id, receipt.is_first) == (case_id, False)
    assert [one.note for one in file.reports] == ["Il demande un mandat.", "Lien imité."]


async def test_a_notice_of_the_site_needs_its_fields(relay: Relay) -> None:
    """DSA 16: reasons, name, address and good faith are asked for, all at once."""
    notice = Notice(
        message_id=await write(relay), category=Category.SCAM, source=Source.SITE, why=""
    )
    with pytest.raises(Invalid) as refusal:
        await desk.file_report(relay.context, relay.site, notice)
    fields = [fault.field for fault in refusal.value.faults]
    assert fields == ["why", "name", "email", "good_faith"]


async def test_a_report_of_what_is_purged_meanwhile_ends(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that goes while it is reported is no case, and nobody waits for one."""
    message_id, look = await write(relay), await look_of(relay)
    relay.accepted.clear()
    reading = reports.rows_of

    async def too_late(found: AsyncIterator[Any]) -> list[Any]:
        for table in ("outbox", "message"):
            await relay.fetch(f"delete from {table} where message_id = $1", message_id)
        return await reading(found)

    monkeypatch.setattr(reports, "rows_of", too_late)
    notice = Notice(message_id=message_id, category=Category.SCAM, source=Source.STAFF, why="x")
    async with asyncio.timeout(5):
        with pytest.raises(Refused, match="not_found"):
            await desk.file_report(relay.context, relay.site, notice, look)
    assert await relay.fetch("select 1 from report") == []


async def test_urgent_cases_come_first(relay: Relay) -> None:
    """The queue is in the order in which decisions are due, not of arrival."""
    for number, category in enumerate((Category.SPAM, Category.LIFE_THREAT, Category.PHISHING)):
        notice = Notice(
            message_id=await write(relay, number), category=category, source=Source.STAFF, why="x"
        )
        await desk.file_report(relay.context, relay.site, notice, await look_of(relay))
    look = replace(await look_of(relay), action="list")
    queue = await desk.list_cases(relay.context, relay.site, look)
    assert [one.category for one in queue] == ["life_threat", "phishing", "spam"]


async def test_a_case_is_taken_by_one(relay: Relay, clock: Clock) -> None:
    """For half an hour nobody else takes a case, nor gives it back to take it then."""
    case_id = await reported(relay, await write(relay))
    await desk.take(relay.context, relay.site, case_id, await look_of(relay))
    for act in (desk.take, desk.give_back):
        with pytest.raises(Refused, match="case_taken"):
            await act(relay.context, relay.site, case_id, await look_of(relay))
    clock.now += timedelta(minutes=31)
    await desk.take(relay.context, relay.site, case_id, await look_of(relay))


async def test_a_decision_is_told_to_both_sides(relay: Relay) -> None:
    """Who reported and whom it restricts are told, with reasons kept; undone, neither is."""
    case_id = await reported(relay, await write(relay))
    ruling = Ruling(Decision.ACTION, FACTS)
    effect = await desk.decide(relay.context, relay.site, case_id, ruling, await look_of(relay))
    told = {one[:2] for one in await notices(relay)} - {("reader_notice", "report_received")}
    look = replace(await look_of(relay), action="open")
    file = await desk.read_case(relay.context, relay.site, case_id, look)
    assert told == {("reader_notice", "report_decided:action"), ("notice", "restricted")}
    assert (file.decision, file.statement) == (Decision.ACTION, FACTS)
    assert effect.act_id is not None
    await desk.undo(relay.context, relay.site, effect.act_id, await look_of(relay))
    file = await desk.read_case(relay.context, relay.site, case_id, look)
    states = sorted(one[2] for one in await notices(relay))
    assert (file.state, file.decision, states) == (
        "in_review",
        None,
        ["cancelled", "cancelled", "queued"],
    )


async def test_who_is_not_restricted_hears_nothing(relay: Relay) -> None:
    """Without action only who reported is told; the author never learns of the report."""
    case_id = await reported(relay, await write(relay))
    ruling = Ruling(Decision.NO_ACTION, FACTS)
    await desk.decide(relay.context, relay.site, case_id, ruling, await look_of(relay))
    assert [one[1] for one in await notices(relay)] == [
        "report_received",
        "report_decided:no_action",
    ]


async def test_an_appeal_is_judged_by_somebody_else(relay: Relay) -> None:
    """Who decided does not judge; somebody else does, and both sides are told."""
    message_id = await write(relay)
    case_id = await reported(relay, message_id)
    first = await look_of(relay)
    ruling = Ruling(Decision.ACTION, FACTS)
    await desk.decide(relay.context, relay.site, case_id, ruling, first)
    await desk.appeal(
        relay.context, relay.site, message_id, by=desk.Appellant.AUTHOR, text="À tort."
    )
    with pytest.raises(Refused, match="appeal_same_person"):
        await desk.judge(relay.context, relay.site, case_id, FACTS, first, is_upheld=True)
    second = await look_of(relay)
    await desk.judge(relay.context, relay.site, case_id, FACTS, second, is_upheld=False)
    look = replace(await look_of(relay), action="open")
    file = await desk.read_case(relay.context, relay.site, case_id, look)
    told = sorted(one[:2] for one in await notices(relay) if "judged" in one[1])
    assert file.state == "overturned"
    assert file.appeal is not None
    assert file.appeal.text == "À tort."
    assert told == [
        ("notice", "appeal_judged:overturned"),
        ("reader_notice", "appeal_judged:overturned"),
    ]


async def test_a_judgement_is_not_undone(relay: Relay) -> None:
    """A judgement stands from its moment: undoing it would only take back that both are told."""
    message_id = await write(relay)
    case_id = await reported(relay, message_id)
    ruling = Ruling(Decision.ACTION, FACTS)
    await desk.decide(relay.context, relay.site, case_id, ruling, await look_of(relay))
    await desk.appeal(
        relay.context, relay.site, message_id, by=desk.Appellant.AUTHOR, text="À tort."
    )
    judge = await look_of(relay)
    await desk.judge(relay.context, relay.site, case_id, FACTS, judge, is_upheld=False)
    [act] = await relay.fetch("select act_id from desk_act where action = 'judge'")
    with pytest.raises(Refused, match="undo_too_late"):
        await desk.undo(relay.context, relay.site, act["act_id"], await look_of(relay))
    states = [one[2] for one in await notices(relay) if "judged" in one[1]]
    assert states == ["queued", "queued"]


async def test_an_appeal_comes_within_its_time(relay: Relay, clock: Clock) -> None:
    """After 184 days nothing is contested any more."""
    message_id = await write(relay)
    case_id = await reported(relay, message_id)
    ruling = Ruling(Decision.ACTION, FACTS)
    await desk.decide(relay.context, relay.site, case_id, ruling, await look_of(relay))
    clock.now += timedelta(days=185)
    with pytest.raises(Refused, match="appeal_not_open"):
        await desk.appeal(
            relay.context, relay.site, message_id, by=desk.Appellant.AUTHOR, text="À tort."
        )


async def test_an_appeal_keeps_its_evidence(relay: Relay, clock: Clock) -> None:
    """A40: what is contested on the last day is kept for another 184, so that it can be judged."""
    message_id = await write(relay)
    case_id = await reported(relay, message_id)
    ruling = Ruling(Decision.ACTION, FACTS)
    await desk.decide(relay.context, relay.site, case_id, ruling, await look_of(relay))
    clock.now += timedelta(days=183)
    await desk.appeal(
        relay.context, relay.site, message_id, by=desk.Appellant.AUTHOR, text="À tort."
    )
    [hold] = await relay.fetch("select ends_at, blocks_until from legal_hold")
    assert tuple(hold) == (clock.now + timedelta(days=184), clock.now + timedelta(days=184))


async def test_a_case_ends_with_its_message(relay: Relay) -> None:
    """An appeal that nobody judged is not kept once its message and reports are gone."""
    message_id = await write(relay)
    await reported(relay, message_id)
    await relay.fetch("update report_case set state = 'appealed'")
    await relay.fetch("delete from report")
    assert await desk.forget(relay.context, relay.site) == 0
    await relay.fetch("delete from message")
    await relay.fetch("delete from outbox")
    relay.accepted.clear()
    assert await desk.forget(relay.context, relay.site) == 1


async def test_acts_of_a_case_are_listed(relay: Relay) -> None:
    """What was done on the ground of a case stands with it, so that a judge can take it back."""
    message_id = await write(relay)
    case_id = await reported(relay, message_id)
    look = await look_of(relay)
    done = Order(Action.HOLD, look, message_ids=(message_id,), case_id=case_id)
    await desk.carry_out(relay.context, relay.site, done)
    acts = await desk.list_case_acts(
        relay.context, relay.site, case_id, replace(look, action="list")
    )
    assert [(act.action, act.messages, act.staff_id) for act in acts] == [
        (Action.HOLD, 1, look.staff_id)
    ]


async def test_a_new_report_opens_a_case_that_ended_without_action(relay: Relay) -> None:
    """What was found harmless is looked at again when somebody else reports it."""
    message_id = await write(relay)
    case_id = await reported(relay, message_id)
    ruling = Ruling(Decision.NO_ACTION, FACTS)
    await desk.decide(relay.context, relay.site, case_id, ruling, await look_of(relay))
    notice = Notice(
        message_id=message_id, category=Category.SCAM, source=Source.STAFF, why="Encore."
    )
    await desk.file_report(relay.context, relay.site, notice, await look_of(relay))
    look = replace(await look_of(relay), action="open")
    file = await desk.read_case(relay.context, relay.site, case_id, look)
    assert file.state == "received"


async def test_a_case_opened_again_has_its_evidence(relay: Relay, clock: Clock) -> None:
    """A40: a report after the time of the first appeal keeps the thread from purge and erasure."""
    message_id = await write(relay)
    case_id = await reported(relay, message_id)
    ruling = Ruling(Decision.NO_ACTION, FACTS)
    await desk.decide(relay.context, relay.site, case_id, ruling, await look_of(relay))
    clock.now += timedelta(days=200)
    notice = Notice(
        message_id=message_id, category=Category.SCAM, source=Source.STAFF, why="Encore."
    )
    await desk.file_report(relay.context, relay.site, notice, await look_of(relay))
    [row] = await relay.fetch(
        "select is_held(site_id, $1, $2) as held from legal_hold", message_id, clock.now
    )
    assert row["held"]


async def test_the_desk_forgets(relay: Relay, clock: Clock) -> None:
    """A year after their end blocks and acts go, and a case goes with its last report."""
    message_id = await write(relay)
    case_id = await reported(relay, message_id)
    ruling = Ruling(Decision.NO_ACTION, FACTS)
    await desk.decide(relay.context, relay.site, case_id, ruling, await look_of(relay))
    await block(relay, message_id, Kind.PHONE)
    assert await desk.forget(relay.context, relay.site) == 0
    await relay.fetch("delete from report")
    clock.now += timedelta(days=400)
    assert await desk.forget(relay.context, relay.site) == 4


async def test_reported_evidence_outlives_the_purge(relay: Relay, clock: Clock) -> None:
    """A40: past its year a reported thread is still there, and one nobody reported is gone."""
    kept, gone = await write(relay, 1), await write(relay, 2)
    for message_id in (kept, gone):
        await set_state(relay, message_id, "delivered")
    clock.now += timedelta(days=300)
    await reported(relay, kept)
    late = clock.now + timedelta(days=100)
    await purge_site(Run(relay.context, relay.site, late, Pace(), lambda *_: None))
    rows = await relay.fetch("select message_id from message")
    relay.accepted.remove(f"msg_{gone.hex}")
    assert [row["message_id"] for row in rows] == [kept]


@pytest.mark.parametrize("news", [one.value for one in News])
async def test_all_news_of_the_desk_are_mails(relay: Relay, news: str) -> None:
    """Whatever the desk tells a party becomes a mail, in both languages."""
    await write(relay)
    details = {"report_decided": ("action", "no_action"), "appeal_judged": ("upheld", "overturned")}
    for detail in details.get(news, ("",)):
        reason = f"{news}:{detail}" if detail else news
        [row] = await relay.fetch(
            "update outbox set kind = 'notice', reason = $1"
            " where kind in ('receipt', 'notice') returning site_id, mail_id",
            reason,
        )
        read = await read_mails(relay.context, [row["site_id"]], [row["mail_id"]])
        assert isinstance(render(relay.context, relay.site, read[row["mail_id"]]), Composed)
