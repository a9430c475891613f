"""From read contacts to rows: who shares what within a batch, and what is sealed."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from relay.contact_rows import Batch, ContactRequest, NewContact, Place
from relay.contacts import Fields, Origin, read_contact
from relay.pasted import network_of
from relay.policy import read_policy
from relay.scoring import FormEvidence
from relay.sealing import DataKey, Keyring
from relay.sites import Site

POLICY = read_policy((Path(__file__).parents[2] / "policies" / "demo.toml").read_text("utf-8"))
SITE = Site(UUID(int=1), "demo", "test", frozenset(), POLICY, DataKey(b"\x01" * 32))
RING = Keyring([("k1", b"\x02" * 32)])
AT = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)
ORIGIN = Origin("203.0.113.77", 4711, "6.6.6.6", "Mozilla/5.0 Firefox/120.0", "fr")
FIELDS = Fields("48213", "lea@acheteuse.example", "06 39 98 04 56", "Bonjour, disponible ?", "Léa")
NEW = Place(UUID(int=9), None, None, None)


def request_of(held: str | None = None, **changes: str) -> ContactRequest:
    """Return a request with changed fields."""
    fields = replace(FIELDS, **changes)
    form = FormEvidence("", 30)
    contact = read_contact(fields, POLICY, language="fr", sandbox=True, form=form)
    return ContactRequest(SITE, contact, ORIGIN, None, fields.digest(), 1, AT, held, receipt=True)


def rows_of(*requests: ContactRequest) -> list[NewContact]:
    """Return the rows of one batch."""
    batch = Batch(RING)
    return [batch.row(request, NEW) for request in requests]


def test_a_conversation_bears_its_first_message() -> None:
    """A new sender is made once per batch, and the conversation has the first message's id."""
    one, two = rows_of(request_of(), request_of(message="Une autre question."))
    assert one.sender_id == two.sender_id
    assert one.wrapped_key == two.wrapped_key
    assert one.conversation_id == two.conversation_id == one.message_id != two.message_id


def test_others_share_nothing() -> None:
    """Another sender has another person, key, conversation and alias."""
    one, two = rows_of(request_of(), request_of(email="autre@acheteuse.example"))
    for name in ("sender_id", "wrapped_key", "conversation_id", "buyer_address_hash", "mail_hash"):
        assert getattr(one, name) != getattr(two, name), name


def test_a_known_place_is_kept() -> None:
    """A sender and a conversation that are there already are used as they are."""
    key, wrapped = RING.new_key(f"person:{UUID(int=5)}")
    place = Place(UUID(int=9), UUID(int=5), wrapped, UUID(int=7))
    row = Batch(RING).row(request_of(), place)
    assert (row.sender_id, row.conversation_id) == (UUID(int=5), UUID(int=7))
    assert not row.sender_is_new
    assert not row.conversation_is_new
    opened = json.loads(key.open(row.sealed_content, f"message.sealed_content:{row.message_id}"))
    assert opened["phone"] == "+33639980456"


def test_nothing_personal_is_in_the_clear() -> None:
    """No value a person gave, nor an address, stands in the row unsealed."""
    [row] = rows_of(request_of())
    flat = b"\n".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
    for value in ("lea@", "acheteuse", "639980456", "Bonjour", "Léa", "203.0.113", "Firefox"):
        assert value.encode() not in flat


def test_the_trace_is_whole() -> None:
    """The sealed trace holds address, port, raw chain and the browser, raw and read."""
    [row] = rows_of(request_of())
    key = RING.unwrap(row.wrapped_key, f"person:{row.sender_id}")
    trace = json.loads(key.open(row.sealed_origin, f"sender_trace.sealed_origin:{row.message_id}"))
    assert (trace["ip"], trace["port"], trace["chain"]) == ("203.0.113.77", 4711, "6.6.6.6")
    assert trace["browser"] == "Firefox"


@pytest.mark.parametrize("held", [None, "suspicious"])
def test_held_or_queued(held: str | None) -> None:
    """A suspicious contact waits thirty days for a person and tells its sender nothing yet."""
    [row] = rows_of(request_of(held))
    assert row.state == ("held" if held else "queued")
    assert row.expires_at - AT == timedelta(days=30 if held else 5)
    assert (row.receipt_id is None) is bool(held)


def test_a_mailbox_is_told_once_a_day() -> None:
    """A5: one mailbox has one mark a day, however its address is spelt."""
    spelt = ("lea.a@gmail.com", "LeaA+x@googlemail.com", "l.e.a.a@gmail.com")
    rows = rows_of(*(request_of(email=address) for address in spelt))
    assert len({row.told_hash for row in rows}) == 1
    tomorrow = replace(request_of(email=spelt[0]), received_at=AT + timedelta(minutes=2))
    assert rows_of(tomorrow)[0].told_hash != rows[0].told_hash


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("::", "::/48"),
    ],
)
def test_networks(ip: str, network: str) -> None:
    """A client belongs to its /24 or /48."""
    assert network_of(ip) == network
