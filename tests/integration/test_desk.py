"""What moderators do, against a real database: effects said before, undone after, told to both."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from relay import desk, lookup
from relay.answers import Answer, answer
from relay.blocks import Asked, Hit, find_blocked
from relay.desk import (
    Action,
    Category,
    Decision,
    Effect,
    NewBlock,
    Notice,
    Order,
    Ruling,
    Source,
    Statement,
    Weight,
)
from relay.desk.telling import News
from relay.errors import Invalid, Refused
from relay.links import Link, Side
from relay.looks import Look
from relay.lookup import Key, Kind
from relay.mail.letters import Composed
from relay.outgoing import read_mails, render
from relay.retention import Pace, Run, purge_site
from relay.sealing import new_id
from tests.relays import Relay

FACTS = Statement(
    decision_facts="Demande de paiement hors du site.",
    decision_ground="terms",
    clause="Conditions, article 4",
    decision_visibility="message refused",
)
SCAM = (
    "Bonjour, je suis {name} et votre annonce m’intéresse beaucoup. Je suis en déplacement, mon"
    " transporteur passe chercher l’objet avec l’argent en espèces. Quel est votre dernier prix ?"
)


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


async def look_of(relay: Relay, staff_id: UUID | None = None, reason: str = "dossier 12") -> Look:
    """Return a look of somebody, who acts."""
    at = relay.context.clock()
    if staff_id is None:
        staff_id = new_id(at)
        await relay.fetch(
            "insert into staff (staff_id, name, wrapped_key) values ($1, $2, '')",
            staff_id,
            f"lea{staff_id.hex[-8:]}",
        )
    return Look(relay.site.site_id, staff_id, "act", "message", reason, at)


async def write(relay: Relay, number: int = 0, **fields: str) -> UUID:
    """Send a contact of one of many buyers."""
    status, body = await relay.post(
        **{
            "email": f"acheteur{number}@exemple.example",
            "message": f"Bonjour, ma question n° {number} : est-elle en bon état ?",
            **fields,
        }
    )
    assert status == 202
    return UUID(body["id"].removeprefix("msg_"))


async def order(relay: Relay, action: Action, *message_ids: UUID) -> Effect:
    """Carry out an order of somebody new."""
    look = await look_of(relay)
    return await desk.carry_out(
        relay.context, relay.site, Order(action, look, message_ids=message_ids)
    )


async def state_of(relay: Relay, message_id: UUID) -> str:
    """Return the state of a message."""
    return (await relay.states())[f"msg_{message_id.hex}"]


async def notices(relay: Relay) -> list[tuple[str, str, str]]:
    """Return kind, reason and state of the fixed-text mails, oldest first."""
    rows = await relay.fetch(
        "select kind, reason, state from outbox where kind in ('notice', 'reader_notice')"
        " order by mail_id"
    )
    return [(row["kind"], row["reason"], row["state"]) for row in rows]


async def set_state(relay: Relay, message_id: UUID, state: str) -> None:
    """Put a message into a state."""
    await relay.fetch("update outbox set state = $2 where mail_id = $1", message_id, state)


async def reported(relay: Relay, message_id: UUID) -> UUID:
    """Let the advertiser report a message from the mail; return its case."""
    [row] = await relay.fetch("select advertiser_id from listing limit 1")
    until = relay.context.clock().date() + timedelta(days=1)
    link = Link(Side.ADVERTISER, relay.site.site_id, message_id, until, row["advertiser_id"])
    await answer(relay.context, relay.site, link, Answer.REPORT, "Il demande un mandat.")
    await desk.open_cases(relay.context, relay.site)
    [case] = await relay.fetch("select case_id from report_case where message_id = $1", message_id)
    return UUID(str(case["case_id"]))


@pytest.fixture
def clock(relay: Relay) -> Clock:
    """Stop the relay's clock."""
    stopped = Clock(relay.context.clock())
    relay.context.clock = stopped
    return stopped


async def test_the_effect_is_said_before(relay: Relay) -> None:
    """A dry run says how many messages would change, and changes none."""
    ids = [await write(relay, number) for number in range(3)]
    await set_state(relay, ids[2], "delivered")
    look = await look_of(relay)
    effect = await desk.preview(
        relay.context, relay.site, Order(Action.HOLD, look, message_ids=tuple(ids))
    )
    assert (effect.changed, effect.unchanged, effect.act_id) == (2, 1, None)
    assert await state_of(relay, ids[0]) == "queued"


@pytest.mark.parametrize(
    ("before", "action", "after"),
    [
        ("queued", Action.HOLD, "held"),
        ("held", Action.RELEASE, "queued"),
        ("held", Action.REFUSE, "refused"),
    ],
)
async def test_an_act_and_its_undoing(
    relay: Relay, before: str, action: Action, after: str
) -> None:
    """Each act changes the state it starts from, and within fifteen seconds is taken back."""
    message_id = await write(relay)
    await set_state(relay, message_id, before)
    effect = await order(relay, action, message_id)
    assert (effect.changed, await state_of(relay, message_id)) == (1, after)
    assert effect.act_id is not None
    await desk.undo(relay.context, relay.site, effect.act_id, await look_of(relay))
    assert await state_of(relay, message_id) == before


@pytest.mark.parametrize("action", [Action.HOLD, Action.RELEASE, Action.REFUSE, Action.CLOSE])
async def test_every_action_has_an_inverse(relay: Relay, action: Action) -> None:
    """After an act and its inverse things are as they were."""
    message_id = await write(relay)
    before = "queued" if action in (Action.HOLD, Action.CLOSE) else "held"
    await set_state(relay, message_id, before)
    await order(relay, action, message_id)
    effect = await order(relay, desk.INVERSES[action], message_id)
    rows = await relay.fetch("select blocked_at from conversation")
    assert (effect.changed, await state_of(relay, message_id)) == (1, before)
    assert [row["blocked_at"] for row in rows] == [None]


async def test_what_is_released_waits_for_the_undo(relay: Relay) -> None:
    """A released message leaves only when it can no longer be called back."""
    message_id = await write(relay)
    await set_state(relay, message_id, "held")
    await order(relay, Action.RELEASE, message_id)
    [row] = await relay.fetch(
        "select due_at - now() as wait from outbox where mail_id = $1", message_id
    )
    assert row["wait"] > timedelta(seconds=10)


async def test_undo_ends_after_fifteen_seconds(relay: Relay, clock: Clock) -> None:
    """Later there is only the inverse act; and nothing is undone twice."""
    message_id = await write(relay)
    late, twice = (
        await order(relay, Action.HOLD, message_id),
        await order(relay, Action.CLOSE, message_id),
    )
    assert late.act_id is not None
    assert twice.act_id is not None
    await desk.undo(relay.context, relay.site, twice.act_id, await look_of(relay))
    clock.now += timedelta(seconds=16)
    for act_id in (twice.act_id, late.act_id):
        with pytest.raises(Refused, match="undo_too_late"):
            await desk.undo(relay.context, relay.site, act_id, await look_of(relay))


async def test_a_refusal_is_told_and_taken_back(relay: Relay) -> None:
    """The author is told after the time for undoing; an undone refusal may be told again."""
    message_id = await write(relay)
    await set_state(relay, message_id, "held")
    effect = await order(relay, Action.REFUSE, message_id)
    assert effect.act_id is not None
    await desk.undo(relay.context, relay.site, effect.act_id, await look_of(relay))
    again = await order(relay, Action.REFUSE, message_id)
    assert again.told == 1
    assert await notices(relay) == [
        ("notice", "undone", "cancelled"),
        ("notice", "refused:by_moderator", "queued"),
    ]


async def test_everybody_written_to_is_warned_once(relay: Relay) -> None:
    """Each conversation that got messages of the sender gets one warning."""
    ids = [await write(relay, 1), await write(relay, 1, message="Alors, vous répondez ? Merci.")]
    for message_id in ids:
        await set_state(relay, message_id, "delivered")
    key = await lookup.pivot(relay.context, relay.site, ids[0], Kind.PHONE, await look_of(relay))
    warning = Order(Action.WARN, await look_of(relay), key=key)
    said = await desk.preview(relay.context, relay.site, warning)
    done = await desk.carry_out(relay.context, relay.site, warning)
    assert (said.told, done.told) == (1, 1)
    assert await notices(relay) == [("reader_notice", "warned", "queued")]


async def test_no_act_without_a_reason(relay: Relay) -> None:
    """An order that gives no reason changes nothing."""
    message_id = await write(relay)
    silent = Order(Action.HOLD, await look_of(relay, reason=" "), message_ids=(message_id,))
    with pytest.raises(Refused, match="reason_missing"):
        await desk.carry_out(relay.context, relay.site, silent)


async def test_bulk_above_five_hundred_is_refused(relay: Relay) -> None:
    """Nobody acts on more than five hundred messages at once."""
    ids = tuple(new_id(relay.context.clock()) for _ in range(501))
    with pytest.raises(Refused, match="bulk_too_large"):
        await desk.preview(
            relay.context, relay.site, Order(Action.HOLD, await look_of(relay), message_ids=ids)
        )


async def test_another_sites_messages_do_not_change(relay: Relay) -> None:
    """A24: an order of one site finds no message of another."""
    message_id = await write(relay)
    other = replace(relay.site, site_id=new_id(relay.context.clock()))
    effect = await desk.preview(
        relay.context,
        other,
        Order(Action.HOLD, await look_of(relay), message_ids=(message_id,)),
    )
    assert (effect.changed, effect.unchanged) == (0, 0)


async def block(
    relay: Relay, message_id: UUID, kind: Kind, weight: Weight = Weight.HOLD, days: int = 7
) -> tuple[Effect, Key]:
    """Block a key of a message."""
    key = await lookup.pivot(relay.context, relay.site, message_id, kind, await look_of(relay))
    ends_at = relay.context.clock() + timedelta(days=days)
    new = NewBlock(key, weight, ends_at, "06 •• •• •• 56", "Arnaque au transporteur")
    placed = Order(Action.BLOCK, await look_of(relay), block=new)
    return await desk.carry_out(relay.context, relay.site, placed), key


async def met(relay: Relay, hashes: tuple[bytes, ...], text: str = "") -> tuple[Hit, ...]:
    """Ask as a message on its way in does."""
    async with relay.context.database.connection() as connection:
        return (await find_blocked(connection, [Asked(relay.site, hashes, text)]))[0]


async def test_a_block_holds_what_waits_and_is_met(relay: Relay) -> None:
    """A block holds the sender's waiting messages, is met by the next, and undone is neither."""
    ids = [await write(relay, number) for number in range(2)]
    effect, key = await block(relay, ids[0], Kind.PHONE)
    assert (effect.changed, await state_of(relay, ids[1])) == (2, "held")
    assert [hit.effect for hit in await met(relay, key.hashes)] == ["hold"]
    assert effect.act_id is not None
    await desk.undo(relay.context, relay.site, effect.act_id, await look_of(relay))
    assert (await state_of(relay, ids[1]), await met(relay, key.hashes)) == ("queued", ())


async def test_a_block_is_lifted_and_restored(relay: Relay) -> None:
    """A lifted block is not met, a restored one is, and its list says what it was."""
    effect, key = await block(relay, await write(relay), Kind.MAILBOX, Weight.SCORE)
    for action, met_by in ((Action.UNBLOCK, 0), (Action.RESTORE, 1)):
        turned = Order(action, await look_of(relay), block_id=effect.block_id)
        await desk.carry_out(relay.context, relay.site, turned)
        assert len(await met(relay, key.hashes)) == met_by
    look = replace(await look_of(relay), action="list")
    [shown] = await desk.list_blocks(relay.context, relay.site, look)
    assert (shown.note, shown.lifted_at) == ("Arnaque au transporteur", None)


async def test_a_text_is_blocked_with_its_copies(relay: Relay) -> None:
    """A block of a cluster meets the next copy under another name, and no other text."""
    message_id = await write(relay, message=SCAM.format(name="Marie"))
    await lookup.mark_texts(relay.context, relay.site)
    await block(relay, message_id, Kind.TEXT)
    copied = await met(relay, (bytes(16),), SCAM.format(name="Sophie Bernard"))
    other = await met(relay, (bytes(16),), "Bonjour, le vélo est-il toujours disponible samedi ?")
    assert ([hit.kind for hit in copied], other) == (["text"], ())


async def test_a_block_ends(relay: Relay) -> None:
    """A block is not met after its end."""
    _, key = await block(relay, await write(relay), Kind.PHONE)
    await relay.fetch("update block_key set until = now() - interval '1 second'")
    assert await met(relay, key.hashes) == ()


async def test_long_blocks_need_a_second_person(relay: Relay) -> None:
    """Above thirty days somebody else must agree, not the same person twice."""
    message_id = await write(relay)
    with pytest.raises(Refused, match="second_person_needed"):
        await block(relay, message_id, Kind.PHONE, days=31)


async def test_a_shared_address_is_never_a_ground_alone(relay: Relay) -> None:
    """An address of more than twenty phones is not held; it may count in a score."""
    ids = [await write(relay, number, phone=f"06 39 98 10 {number:02d}") for number in range(21)]
    with pytest.raises(Refused, match="block_shared_network"):
        await block(relay, ids[0], Kind.IP)
    effect, _ = await block(relay, ids[0], Kind.IP, Weight.SCORE)
    assert effect.changed == 0


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
    """For half an hour nobody else takes a case."""
    case_id = await reported(relay, await write(relay))
    await desk.take(relay.context, relay.site, case_id, await look_of(relay))
    with pytest.raises(Refused, match="case_taken"):
        await desk.take(relay.context, relay.site, case_id, await look_of(relay))
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
    await desk.appeal(relay.context, relay.site, message_id, by_author=True, text="À tort.")
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


async def test_an_appeal_comes_within_its_time(relay: Relay, clock: Clock) -> None:
    """After 184 days nothing is contested any more."""
    message_id = await write(relay)
    case_id = await reported(relay, message_id)
    ruling = Ruling(Decision.ACTION, FACTS)
    await desk.decide(relay.context, relay.site, case_id, ruling, await look_of(relay))
    clock.now += timedelta(days=185)
    with pytest.raises(Refused, match="appeal_not_open"):
        await desk.appeal(relay.context, relay.site, message_id, by_author=True, text="À tort.")


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


async def test_reporters_have_a_record(relay: Relay) -> None:
    """How somebody's reports ended can be seen before they are warned (DSA 23)."""
    case_id = await reported(relay, await write(relay))
    ruling = Ruling(Decision.NO_ACTION, FACTS, is_abusive=True)
    await desk.decide(relay.context, relay.site, case_id, ruling, await look_of(relay))
    [row] = await relay.fetch("select reporter_id from report")
    look = replace(await look_of(relay), action="open")
    record = await desk.read_reporter(relay.context, relay.site, row["reporter_id"], look)
    assert (record.reports, record.without_action) == (1, 1)
    assert "report_abusive" in [one[1] for one in await notices(relay)]


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


async def test_a_dry_run_is_a_look(relay: Relay) -> None:
    """Who asks what an order would do has looked, and the log says so."""
    order = Order(Action.HOLD, await look_of(relay), message_ids=(await write(relay),))
    await desk.preview(relay.context, relay.site, order)
    rows = await relay.fetch("select action from look")
    assert [row["action"] for row in rows] == ["list"]


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


async def test_a_blocked_sender_waits_for_a_person(relay: Relay) -> None:
    """A block that holds keeps the sender's next message for a person; the answer tells nothing."""
    await block(relay, await write(relay), Kind.PHONE)
    status, body = await relay.post(message="Encore une question, plus longue que l’autre ?")
    assert status == 202
    assert (await relay.states())[body["id"]] == "held"
    await relay.check_ledger()


async def test_a_score_block_only_weighs(relay: Relay) -> None:
    """A block that weighs raises the score of the next message, which leaves all the same."""
    await block(relay, await write(relay), Kind.MAILBOX, Weight.SCORE)
    again = {"email": "acheteur0@exemple.example", "message": "Encore une question, plus longue ?"}
    _, body = await relay.post(**again)
    assert (await relay.states())[body["id"]] == "queued"
    [row] = await relay.fetch("select signals from message order by message_id desc limit 1")
    assert "blocked_mailbox" in row["signals"]


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
