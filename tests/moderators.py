"""Moderators under test: their looks and orders, the contacts they are about, what is told."""

from datetime import datetime, timedelta
from uuid import UUID

from relay import desk, lookup
from relay.answers import Answer, answer
from relay.blocks import Arriving, Hit, find_blocked
from relay.desk import Action, Effect, NewBlock, Order, Statement, Weight
from relay.links import Link, Side
from relay.looks import Look
from relay.lookup import Key, Kind
from relay.sealing import new_id
from tests.relays import Relay

FACTS = Statement(
    decision_facts="Demande de paiement hors du site.",
    decision_ground="terms",
    clause="Conditions, article 4",
    decision_visibility="message refused",
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
        return (await find_blocked(connection, [Arriving(relay.site, hashes, text)]))[0]
