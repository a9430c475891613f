"""A console with something to do: reports, held messages, two days of traffic."""

import json
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from playwright.async_api import Browser, Page

from relay.permissions import Role
from relay.sealing import new_id
from tests.desk import COOKIE, seat
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


@dataclass(slots=True)
class Desk:
    """A console with a message that waits and one that was reported."""

    relay: Relay
    url: str
    held: str
    case: str
    listing: str
    request: str

    @property
    def key(self) -> str:
        """The path of the buyer's phone."""
        return f"/s/demo/keys/phone.{self.relay.site.hash('phone', '+33639980456').hex()}"

    def pages(self) -> dict[str, str]:
        """Every page that is looked at, by name."""
        site = "/s/demo"
        return {
            "console-queue": f"{site}/queue",
            "console-message": f"{site}/messages/{self.held}",
            "console-case": f"{site}/cases/{self.case}",
            "console-key": self.key,
            "console-listing": f"{site}/listings/{self.listing}",
            "console-search": f"{site}/search",
            "console-blocks": f"{site}/blocks",
            "console-confirmations": f"{site}/confirmations",
            "console-holds": f"{site}/holds",
            "console-requests": f"{site}/requests",
            "console-request": f"{site}/requests/{self.request}",
            "console-rules": f"{site}/rules",
            "console-rule": f"{site}/rules/r07_mandate",
            "console-acts": f"{site}/acts",
            "console-delivery": f"{site}/delivery",
            "console-health": f"{site}/health",
            "console-settings": f"{site}/settings",
            "console-journal": f"{site}/journal",
            "console-staff": f"{site}/staff",
            "console-account": "/account",
            "console-problem": "/nowhere",
        }


async def sit(browser: Browser, desk: Desk, *roles: Role, script: bool = True) -> Page:
    """Open a page of somebody with these roles."""
    context = await browser.new_context(
        locale="fr-FR", viewport={"width": 1280, "height": 900}, java_script_enabled=script
    )
    context.set_default_timeout(8000)
    token = await seat(desk.relay.context, desk.relay.site, *roles)
    await context.add_cookies(
        [
            {
                "name": COOKIE,
                "value": token,
                "url": desk.url.replace("http:", "https:"),
                "secure": True,
                "httpOnly": True,
                "sameSite": "Lax",
            }
        ]
    )
    return await context.new_page()


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
