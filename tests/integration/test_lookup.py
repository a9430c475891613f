"""Look-ups against a real database: what is pasted is found, masked, in its own site, in pages."""

from datetime import timedelta
from uuid import UUID

import pytest

from relay import administration, listings, lookup
from relay.errors import Refused
from relay.looks import Look
from relay.lookup import Field, Key, Kind, read_pasted
from relay.sealing import new_id
from relay.sites import Site
from tests.relays import LISTING, ORIGIN, POLICIES, Relay
from tests.rig.deliveries import pass_time

SCAM = (
    "Bonjour, je suis {name} et votre annonce m’intéresse beaucoup. Je suis en déplacement, mon"
    " transporteur passe chercher l’objet avec l’argent en espèces. Quel est votre dernier prix ?"
)


async def staff_of(relay: Relay) -> UUID:
    """Add somebody who looks."""
    staff_id = new_id(relay.context.clock())
    await relay.fetch(
        "insert into staff (staff_id, name, wrapped_key) values ($1, $2, '')",
        staff_id,
        f"lea{staff_id.hex[-8:]}",
    )
    return staff_id


async def look_of(relay: Relay, action: str = "search", *, site: Site | None = None) -> Look:
    """Return a look of somebody new."""
    staff_id = await staff_of(relay)
    site_id = (site or relay.site).site_id
    return Look(site_id, staff_id, action, "phone", "dossier n° 12", relay.context.clock())


async def find(relay: Relay, raw: str, *, site: Site | None = None) -> lookup.Page:
    """Paste something and return the first page of what it finds."""
    look = await look_of(relay, site=site)
    pasted = read_pasted(raw)[0]
    key = await lookup.find_key(relay.context, site or relay.site, pasted, look)
    return await lookup.search(relay.context, site or relay.site, key, look)


async def write(relay: Relay, number: int, **fields: str) -> str:
    """Send a contact of one of many buyers; return its public id."""
    status, body = await relay.post(
        **{
            "email": f"acheteur{number}@exemple.example",
            "message": f"Bonjour, ma question n° {number} : est-elle en bon état ?",
            **fields,
        }
    )
    assert status == 202
    return str(body["id"])


async def copy(relay: Relay, public: str, times: int) -> list[UUID]:
    """Copy a message with its mail and trace; return the ids of all."""
    source = UUID(public.removeprefix("msg_"))
    ids = [new_id(relay.context.clock()) for _ in range(times)]
    await relay.fetch(
        "with one as (select id from unnest($2::uuid[]) as given (id)), said as ("
        " insert into message select site_id, one.id, conversation_id, sender_id, language,"
        "  sealed_content, mailbox_hash, phone_hash, text_hash, policy_version, score, signals,"
        "  received_at, side from message, one where message_id = $1"
        "), traced as (insert into sender_trace select site_id, one.id, sender_id, sealed_origin,"
        "  ip_hash, net_hash, browser_hash, received_at from sender_trace, one"
        "  where message_id = $1)"
        " insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at,"
        "  expires_at) select site_id, one.id, one.id, kind, state, reason, due_at, expires_at"
        " from outbox, one where mail_id = $1",
        source,
        ids,
    )
    return [source, *ids]


@pytest.mark.parametrize(
    "raw",
    ["06 39 98 04 56", "+33 6 39 98 04 56", "0033 (0)6.39.98.04.56", "lea@acheteuse.example",
     "127.0.0.1", "127.0.0.0/24", "127.0.0.0/28", "48213", "annonce n° 48213"],
)  # fmt: skip
async def test_what_is_pasted_is_found(relay: Relay, raw: str) -> None:
    """A phone in any form, an address, an IP, a network and a listing find the message."""
    _, body = await relay.post()
    page = await find(relay, raw)
    assert [f"msg_{row.message_id.hex}" for row in page.rows] == [body["id"]]


async def test_a_message_is_found_by_its_id(relay: Relay) -> None:
    """A public id finds its message."""
    _, body = await relay.post()
    page = await find(relay, body["id"])
    assert len(page.rows) == 1


async def test_a_browser_is_found(relay: Relay) -> None:
    """A browser string and its languages, as a trace shows them, find the message."""
    await relay.post(
        headers={"User-Agent": "Mozilla/5.0 (X11; Linux)", "Accept-Language": "fr-FR,fr;q=0.9"}
    )
    page = await find(relay, "Mozilla/5.0 (X11; Linux)\nfr-FR,fr;q=0.9")
    assert len(page.rows) == 1


async def test_lists_are_masked(relay: Relay) -> None:
    """No list shows a whole phone, address or IP, nor a word of a message."""
    await relay.post()
    row = (await find(relay, "06 39 98 04 56")).rows[0]
    assert (row.phone, row.email, row.network) == (
        "06\u00a0••\u00a0••\u00a0••\u00a056",
        "l***@ac…",
        "127.0.0.0/24",
    )


async def test_near_texts_are_found(relay: Relay) -> None:
    """A text finds its copies with another name and other signs, once a worker marked them."""
    for number, name in enumerate(("Marie", "Sophie Bernard", "Julie")):
        await write(relay, number, message=SCAM.format(name=name))
    await write(relay, 9)
    assert await lookup.mark_texts(relay.context, relay.site) == 4
    page = await find(relay, SCAM.format(name="Chantal").upper().replace("’", "'"))
    assert len(page.rows) == 3


async def test_texts_are_marked_once(relay: Relay) -> None:
    """A second run has nothing to do."""
    await write(relay, 1)
    await lookup.mark_texts(relay.context, relay.site)
    assert await lookup.mark_texts(relay.context, relay.site) == 0


async def test_f54_a_clock_ahead_leaves_no_text_unmarked(relay: Relay) -> None:
    """F54: texts that come after a worker's clock stood a day ahead are marked as any."""
    await write(relay, 1)
    pass_time(relay.context, timedelta(days=1))
    assert await lookup.mark_texts(relay.context, relay.site) == 1
    pass_time(relay.context, timedelta(0))
    await write(relay, 2)
    assert await lookup.mark_texts(relay.context, relay.site) == 1


async def test_marks_of_purged_messages_are_forgotten(relay: Relay) -> None:
    """What is left of a text goes with its message."""
    await write(relay, 1)
    await lookup.mark_texts(relay.context, relay.site)
    await relay.fetch("delete from message")
    await relay.fetch("delete from outbox")
    relay.accepted.clear()
    assert await lookup.forget_texts(relay.context, relay.site) == 1
    rows = await relay.fetch(
        "select (select count(*) from text_mark) + (select count(*) from text_cluster)"
        " + (select count(*) from text_band) as left"
    )
    assert rows[0]["left"] == 0


async def test_pages_follow_each_other(relay: Relay) -> None:
    """Every message is on exactly one page, newest first."""
    sent = await copy(relay, await write(relay, 0), 52)
    look = await look_of(relay)
    key = await lookup.find_key(relay.context, relay.site, read_pasted("127.0.0.1")[0], look)
    first = await lookup.search(relay.context, relay.site, key, look)
    second = await lookup.search(relay.context, relay.site, key, look, before=first.before)
    found = [row.message_id for row in (*first.rows, *second.rows)]
    assert (len(first.rows), second.before, found) == (50, None, sorted(sent, reverse=True))


async def test_another_site_finds_nothing(relay: Relay) -> None:
    """A24: neither values nor keys of one site find anything at another."""
    _, body = await relay.post()
    source = (POLICIES / "demo.toml").read_text("utf-8")
    await administration.open_site(relay.context, "autre", source, origins=[ORIGIN], test=True)
    other = await administration.find_site(relay.context, "autre")
    await listings.put_listing(relay.context, other, LISTING)
    found = [
        len((await find(relay, raw, site=other)).rows)
        for raw in ("06 39 98 04 56", "lea@acheteuse.example", "127.0.0.1", "48213", body["id"])
    ]
    look = await look_of(relay)
    own = await lookup.find_key(relay.context, relay.site, read_pasted("127.0.0.1")[0], look)
    page = await lookup.search(relay.context, other, own, await look_of(relay, site=other))
    assert (found, page.rows) == ([0] * 5, ())


async def test_every_look_is_written_before(relay: Relay) -> None:
    """A search that finds nothing leaves its row in the log all the same."""
    await find(relay, "06 39 98 99 99")
    rows = await relay.fetch("select action from look order by number")
    assert [row["action"] for row in rows] == ["search", "search"]


async def test_a_message_opens_for_a_reason_only(relay: Relay) -> None:
    """Without a reason nothing is opened; with one, what was asked for and nothing else."""
    _, body = await relay.post()
    message_id = UUID(body["id"].removeprefix("msg_"))
    silent = Look(
        relay.site.site_id, await staff_of(relay), "reveal", body["id"], " ", relay.context.clock()
    )
    with pytest.raises(Refused, match="reason_missing"):
        await lookup.open_message(
            relay.context, relay.site, message_id, frozenset({Field.TEXT}), silent
        )
    look = await look_of(relay, "reveal")
    opened = await lookup.open_message(
        relay.context, relay.site, message_id, frozenset({Field.PHONE}), look
    )
    assert (opened.phone, opened.text, opened.origin) == ("+33639980456", None, None)


async def test_a_sender_is_drawn(relay: Relay) -> None:
    """One phone under several mailboxes shows them all, and two hops away the next phone."""
    for number in range(3):
        await write(relay, number)
    await write(relay, 2, phone="06 39 98 77 01", message="Toujours à vendre ? Merci d’avance.")
    await lookup.mark_texts(relay.context, relay.site)
    look = await look_of(relay)
    key = await lookup.find_key(relay.context, relay.site, read_pasted("0639980456")[0], look)
    sender = await lookup.read_sender(relay.context, relay.site, key, look)
    mailboxes = [one for one in sender.linked if one.key.kind is Kind.MAILBOX]
    hops = {node.label: node.hop for node in sender.graph.nodes if node.name[0] == "phone"}
    assert (sender.messages, len(mailboxes), sender.lanes[-1].messages) == (3, 3, 3)
    assert hops == {
        "06\u00a0••\u00a0••\u00a0••\u00a056": 0,
        "06\u00a0••\u00a0••\u00a0••\u00a001": 2,
    }


async def test_a_shared_address_leads_no_further(relay: Relay) -> None:
    """An address of more than twenty phones is marked, and links nobody to its others."""
    for number in range(22):
        await write(relay, number, phone=f"06 39 98 10 {number:02d}")
    look = await look_of(relay)
    key = await lookup.find_key(relay.context, relay.site, read_pasted("0639981001")[0], look)
    sender = await lookup.read_sender(relay.context, relay.site, key, look)
    shared = {one.key.kind for one in sender.linked if one.is_shared}
    phones = [node for node in sender.graph.nodes if node.name[0] == "phone"]
    assert (shared, len(phones)) == ({Kind.IP, Kind.BROWSER}, 1)


async def test_an_unknown_key_is_an_empty_picture(relay: Relay) -> None:
    """What was never seen has no messages and ninety-one empty days."""
    key = Key(Kind.PHONE, (bytes(16),))
    sender = await lookup.read_sender(relay.context, relay.site, key, await look_of(relay))
    assert (sender.messages, len(sender.lanes), len(sender.graph.nodes)) == (0, 91, 1)


async def test_delivery_is_told_in_words(relay: Relay) -> None:
    """Each attempt is a step with the server's answer in plain words."""
    _, body = await relay.post()
    message_id = UUID(body["id"].removeprefix("msg_"))
    await relay.fetch(
        "insert into attempt (site_id, mail_id, token, number, route, phase, ended_at, outcome,"
        " reason, code) values ($1, $2, 1, 1, 'smarthost', 'rcpt', now(), 'deferred',"
        " 'mailbox_full', 452)",
        relay.site.site_id,
        message_id,
    )
    delivery = await lookup.read_delivery(
        relay.context, relay.site, message_id, "fr", await look_of(relay, "open")
    )
    assert [(step.what, step.words) for step in delivery.steps] == [
        ("received", "Reçu et enregistré."),
        ("deferred", "La boîte du destinataire est pleine."),
        ("queued", "Reçu, en file"),
    ]


@pytest.mark.parametrize(
    "raw", ["' or 1=1 --", "'; drop table look; --", "\\'); select 1", "%_%", "x\x00y"]
)
async def test_what_is_pasted_is_never_a_statement(relay: Relay, raw: str) -> None:
    """A46: quotes, comments and wild cards are looked for as they stand, and find nothing."""
    await relay.post()
    await lookup.mark_texts(relay.context, relay.site)
    assert (await find(relay, raw)).rows == ()
