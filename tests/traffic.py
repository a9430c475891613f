"""Two days of traffic at a site, made from one message."""

import json
from datetime import timedelta
from uuid import UUID

from relay.sealing import new_id
from tests.relays import Relay

FATES = (
    ("delivered", "delivered", 14),
    ("delivered", "delivered", 9),
    ("deferred", "greylisted", 2),
    ("bounced", "mailbox_unknown", 1),
    ("held", "suspicious", 2),
    ("unconfirmed", "ambiguous", 1),
)
ANSWERS = (
    ("mx.exemple.example:25", "delivered", "delivered", 250, "2.0.0", 40),
    ("mx.exemple.example:25", "deferred", "greylisted", 451, "4.7.1", 6),
    ("secours.exemple.example:587", "delivered", "delivered", 250, "2.0.0", 12),
    ("secours.exemple.example:587", "bounced", "mailbox_unknown", 550, "5.1.1", 3),
    ("secours.exemple.example:587", "ambiguous", "ambiguous", None, None, 1),
)
SIGNALS = ("link", "r05_carrier", "disposable_address", "r07_mandate")


async def two_days(relay: Relay, message: str) -> None:
    """Copy a message over the last two days, with fates, answers and signals, as many would be."""
    now, of = relay.context.clock(), UUID(message.removeprefix("msg_"))
    rows = []
    for hour in range(46):
        at = now - timedelta(hours=hour + 1)
        for state, reason, many in FATES:
            for number in range(max(0, many - abs(20 - hour % 24) // 3)):
                one = new_id(at + timedelta(seconds=number * 50))
                signals = [SIGNALS[hour % len(SIGNALS)]] if state == "held" else []
                rows.append({"id": str(one), "state": state, "reason": reason, "signals": signals})
    attempts = [
        {
            "mail_id": rows[place * 50 + number]["id"], "token": number, "number": 1,
            "route": route, "phase": "done", "outcome": outcome, "reason": reason,
            "code": code, "enhanced": enhanced, "ms": 40 + number * 17 % 400,
        }
        for place, (route, outcome, reason, code, enhanced, many) in enumerate(ANSWERS)
        for number in range(many)
    ]  # fmt: skip
    await relay.fetch(
        "with asked as (select * from jsonb_to_recordset($1::jsonb) as one"
        "   (id uuid, state text, reason text, signals text[])),"
        " said as (insert into message select (jsonb_populate_record(message, jsonb_build_object("
        "   'message_id', asked.id, 'signals', asked.signals, 'score', cardinality(asked.signals),"
        "   'phone_hash', null, 'mailbox_hash', '')"
        "   )).* from message, asked where message.message_id = $2 returning message_id)"
        " insert into outbox select (jsonb_populate_record(outbox, jsonb_build_object("
        "   'mail_id', asked.id, 'message_id', asked.id, 'state', asked.state,"
        "   'reason', asked.reason))).*"
        " from outbox, asked where outbox.mail_id = $2 returning 1",
        json.dumps(rows),
        of,
    )
    await relay.fetch(
        "insert into attempt (site_id, mail_id, token, number, route, phase, started_at, ended_at,"
        "   outcome, reason, code, enhanced)"
        " select $2, mail_id, token, number, route, phase, now() - interval '1 hour',"
        "   now() - interval '1 hour' + make_interval(secs => ms / 1000.0), outcome, reason, code,"
        "   enhanced"
        " from jsonb_to_recordset($1::jsonb) as one (mail_id uuid, token bigint, number integer,"
        "   route text, phase text, outcome text, reason text, code smallint, enhanced text,"
        "   ms integer) returning 1",
        json.dumps(attempts),
        relay.site.site_id,
    )
