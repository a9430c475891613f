"""Letters of the rights desk: told to the person of a request, at the address they proved.

Everything is read as it stands when a letter leaves; a request whose content is gone has none.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from relay.addresses import message_id_for
from relay.context import Context
from relay.database import Record, queries, rows_of
from relay.mail.desk_letters import DeskLetter, compose_desk_letter
from relay.mail.letters import Composed
from relay.outgoing.urls import proof_url, request_url
from relay.sealing import DataKey, code_place, id_time, request_place
from relay.sites import Site
from relay.texts import day, has, say

LETTER = "letter:"  # begins the reason of their outbox rows
PROOF_WAITS = timedelta(days=30)  # for proof a request waits as long (relay/rights/standing.py)
REMINDER = "remind"  # goes to the controller, not to the person


@dataclass(frozen=True, slots=True)
class _Shape:
    """The sentences of a letter besides its lead, and whether it has a code or a button."""

    more: tuple[str, ...] = ()
    page: str = "own"  # "own": the request's page; "proof": the page of the code; "": none


SHAPES = {
    "code": _Shape(("code_not_you",), "proof"),
    "code_new": _Shape(("code_new_where", "code_not_you"), ""),
    "document": _Shape(("officer", "document_how", "document_gone", "complaint")),
    "receipt": _Shape(("receipt_due", "receipt_page")),
    "ready": _Shape(("ready_until", "complaint")),
    "erased": _Shape(("certificate", "complaint")),
    "partly": _Shape(("certificate", "complaint")),
    "frozen": _Shape(("frozen_mails", "frozen_kept", "complaint")),
    "objected": _Shape(("complaint",)),
    "corrected": _Shape(("corrected_site", "complaint")),
    "lapsed": _Shape(("lapsed_again", "complaint", "court"), ""),
    "lifted": _Shape(("lifted_mails",), ""),
    "extended": _Shape(("officer", "complaint")),
    "refused": _Shape(("ground", "officer", "contest", "complaint", "court")),
    REMINDER: _Shape(("remind_where",), ""),
}


async def read_letters(context: Context, pairs: Sequence[tuple[UUID, UUID]]) -> dict[UUID, Record]:
    """Read what letters are made of, for those of *pairs* (site, mail) that are letters."""
    rows = await context.database.run(
        lambda connection: rows_of(
            queries().read_letters(
                connection,
                site_ids=[site_id for site_id, _ in pairs],
                mail_ids=[mail_id for _, mail_id in pairs],
            )
        )
    )
    return {row["mail_id"]: row for row in rows}


def compose_letter(context: Context, site: Site, row: Record) -> Composed | None:
    """Make the letter of a row (``read_letters``); None when its request was forgotten.

    Raises:
        KeyError: A letter nobody knows.
    """
    name, _, detail = row["reason"].removeprefix(LETTER).partition(":")
    shape = SHAPES[name]
    if row["wrapped_key"] is None or row["sealed_content"] is None:
        return None
    key = context.keyring.unwrap(row["wrapped_key"], f"data_request:{row['request_id']}")
    place = request_place(row["request_id"])
    said: dict[str, Any] = json.loads(key.open(row["sealed_content"], place))
    code = _code(key, row, name)
    if name in ("code", "code_new") and not code:
        return None  # used already, or over: nobody needs it
    language = row["language"]
    values = _values(site, row, said, (name, detail))
    policy = site.policy
    return compose_desk_letter(
        DeskLetter(
            language=language,
            site_name=policy.site.name,
            neutral_subject=policy.site.sensitive,
            subject=say(language, f"rights.letter_{name}_subject", **values),
            lines=_lines(language, name, shape, values, _ended(name, said)),
            code=code,
            page_url=_page(context, site, row, shape),
            page_words=say(language, f"rights.letter_page_{shape.page or 'own'}"),
            controller=f"{policy.controller.name} · {policy.controller.contact}",
            from_address=f"{privacy_local_part(site)}@{context.settings.mail_domain}",
            recipient=_recipient(site, said, name),
            message_id=message_id_for(row["mail_id"], context.settings.mail_domain),
            sent_at=id_time(row["mail_id"]),
        )
    )


def privacy_local_part(site: Site) -> str:
    """Return the local part of a site's privacy mailbox, which takes requests by mail."""
    return "privacy-" + "".join(
        sign for sign in site.slug.lower() if sign.isascii() and (sign.isalnum() or sign in "-.")
    )


def officer_address(site: Site) -> str | None:
    """Return where a site's officer is reminded: the first address its policy gives."""
    named = (site.policy.controller.dpo, site.policy.controller.contact)
    words = [word.strip("<>(),;") for line in named if line for word in line.split()]
    return next((word for word in words if "@" in word[1:-1]), None)


def _recipient(site: Site, said: Mapping[str, Any], name: str) -> str:
    if name == REMINDER:
        return officer_address(site) or str(site.policy.controller.contact)
    address: str = said["changes"]["email"] if name == "code_new" else said["email"]
    return address


def _code(key: DataKey, row: Record, name: str) -> str:
    """Return the code of a letter, in two groups."""
    address = {"code": "own", "code_new": "new"}.get(name)
    if address is None or row[f"{address}_code"] is None:
        return ""
    code = key.open(row[f"{address}_code"], code_place(row["request_id"], address))
    return f"{code[:4]} {code[4:]}"


def _values(
    site: Site, row: Record, said: Mapping[str, Any], reason: tuple[str, str]
) -> dict[str, str | int]:
    language, (name, detail) = row["language"], reason
    tail = row["request_id"].hex[-8:].upper()
    asked = f"rights.kind_{row['asked']}" if row["asked"] else "rights.kind_none"
    until = row["link_until"] or datetime.now(UTC)
    return {
        "site": site.policy.site.name,
        "reference": f"{tail[:4]}-{tail[4:]}",
        "kind": say(language, asked),
        "received": day(language, row["received_at"]),
        "due": day(language, _noon(row["due_on"])),
        "until": day(language, until),
        "note": said["notes"].get(name, ""),
        "n": int(detail) if detail.lstrip("-").isdigit() else 0,
        "ground": say(language, f"rights.ground_{row['ground']}") if row["ground"] else "",
    }


def _lines(
    language: str,
    name: str,
    shape: _Shape,
    values: Mapping[str, str | int],
    ended: tuple[str, ...] = (),
) -> tuple[str, ...]:
    keys = [f"rights.letter_{one}" for one in (f"{name}_lead", *ended, *shape.more)]
    lines = [say(language, key, **values) for key in keys if has(language, key)]
    return tuple(line for line in lines if line.strip())


def _ended(name: str, said: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what says what each objection ended; one against nothing named is one against mail."""
    purposes = said["purposes"] or ["mail"]
    return tuple(f"ended_{one}" for one in purposes) if name == "objected" else ()


def _page(context: Context, site: Site, row: Record, shape: _Shape) -> str:
    if not shape.page:
        return ""
    url = proof_url if shape.page == "proof" else request_url
    return url(context, site, row["request_id"], _open_until(row))


def _open_until(row: Record) -> date:
    """Return how long the page of a letter opens: while proof is awaited no last day counts."""
    days: list[date] = [row["due_on"]]
    if row["link_until"]:
        days.append(row["link_until"].date())
    if row["state"] == "identity_pending":
        days.append((id_time(row["mail_id"]) + PROOF_WAITS).date())
    return max(days)


def _noon(on: date) -> datetime:
    return datetime.combine(on, time(12), UTC)
