"""Consents: nothing is counted without one; they are proved, taken back, over in a year."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from relay import consents
from relay.consents import Circumstances, Use
from relay.contacts import Origin
from relay.errors import Refused
from relay.retention import purge
from relay.sealing import new_id
from tests.relays import Relay

NOW = datetime.now(UTC)
HERE = Circumstances("127.0.0.0/24", "Firefox", "PC", "/a/…/delay", "FR")


async def advertiser_of(relay: Relay) -> UUID:
    """Return who advertises."""
    [row] = await relay.fetch("select advertiser_id from listing")
    return row["advertiser_id"]


async def answered(relay: Relay, count: int, *, after: timedelta) -> None:
    """Add contacts that were each answered after a time."""
    for number in range(count):
        asked = NOW - timedelta(days=2, minutes=number)
        _, body = await relay.post(
            email=f"lea{number}@acheteuse.example",
            phone=f"06 39 98 05 {number:02}",
            message=f"Bonjour, question {number}.",
        )
        asked_id = UUID(body["id"].removeprefix("msg_"))
        await relay.fetch(
            "update message set received_at = $2 where message_id = $1", asked_id, asked
        )
        await relay.fetch(
            "insert into message select site_id, $2, conversation_id, sender_id, language,"
            " sealed_content, mailbox_hash, phone_hash, text_hash, policy_version, score, signals,"
            " $3, 'advertiser' from message where message_id = $1",
            asked_id,
            new_id(datetime.now(UTC)),
            asked + after,
        )
        await relay.fetch(
            "insert into outbox (site_id, mail_id, message_id, kind, state, reason, due_at,"
            " expires_at) select site_id, message_id, message_id, 'reply', 'delivered', 'x', now(),"
            " now() from message where side = 'advertiser' and message_id not in"
            " (select mail_id from outbox)"
        )


async def test_nothing_is_counted_without_consent(relay: Relay) -> None:
    """Without a consent there is no figure, with one there is, and withdrawn there is none."""
    person_id = await advertiser_of(relay)
    await answered(relay, 10, after=timedelta(minutes=95))
    read = consents.read_answering_time
    assert await read(relay.context, relay.site, person_id) is None
    await consents.give(relay.context, relay.site, person_id, Use.ANSWERING_TIME, HERE)
    found = await read(relay.context, relay.site, person_id)
    assert found is not None
    assert (found.answers, found.median) == (10, timedelta(minutes=95))
    await consents.withdraw(relay.context, relay.site, person_id, Use.ANSWERING_TIME)
    assert await read(relay.context, relay.site, person_id) is None


async def test_few_answers_give_no_figure(relay: Relay) -> None:
    """Nine answers show single ones: no figure is made of them."""
    person_id = await advertiser_of(relay)
    await answered(relay, 9, after=timedelta(minutes=5))
    await consents.give(relay.context, relay.site, person_id, Use.ANSWERING_TIME, HERE)
    found = await consents.read_answering_time(relay.context, relay.site, person_id)
    assert found is not None
    assert (found.answers, found.median) == (9, None)


async def test_a_consent_is_over_after_a_year(relay: Relay) -> None:
    """A year after it was given a consent gives nothing, a second before it does."""
    person_id = await advertiser_of(relay)
    await consents.give(relay.context, relay.site, person_id, Use.ANSWERING_TIME, HERE)
    clock, year = relay.context.clock, timedelta(days=365)
    for late, is_given in ((year - timedelta(minutes=1), True), (year, False)):
        relay.context.clock = lambda late=late: clock() + late
        found = await consents.read_answering_time(relay.context, relay.site, person_id)
        assert (found is not None) == is_given
    with pytest.raises(asyncpg.CheckViolationError):
        await relay.fetch("update consent set ends_at = given_at + interval '366 days'")


async def test_a_record_has_its_eight_fields(relay: Relay) -> None:
    """Of each consent: status, network, browser, device, time, page, place, number; all sealed."""
    person_id = await advertiser_of(relay)
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    origin = Origin("203.0.113.77", 40000, "", agent, "fr-FR,fr;q=0.9")
    given = consents.circumstances_of(origin, "/a/…/delay")
    await consents.give(relay.context, relay.site, person_id, Use.ANSWERING_TIME, given)
    await consents.give(relay.context, relay.site, person_id, Use.ANSWERING_TIME, given)
    newest, first = await consents.list_consents(relay.context, relay.site, person_id)
    assert (newest.withdrawn_at is None, first.withdrawn_at is None) == (True, False)
    assert newest.circumstances == Circumstances(
        "203.0.113.0/24", "Firefox", newest.circumstances.device, "/a/…/delay", "FR"
    )
    assert newest.circumstances.device
    assert newest.given_at <= datetime.now(UTC)
    assert newest.consent_id != first.consent_id
    [row, _] = await relay.fetch("select sealed_record from consent")
    assert b"Firefox" not in row["sealed_record"]


async def test_an_erased_person_has_no_record(relay: Relay) -> None:
    """With the key of a person their records are gone, and nobody gives one for them."""
    person_id = await advertiser_of(relay)
    await consents.give(relay.context, relay.site, person_id, Use.ANSWERING_TIME, HERE)
    await relay.fetch("update person set wrapped_key = null where person_id = $1", person_id)
    assert await consents.list_consents(relay.context, relay.site, person_id) == []
    with pytest.raises(Refused, match="not_found"):
        await consents.give(relay.context, relay.site, person_id, Use.ANSWERING_TIME, HERE)


async def test_old_records_are_forgotten(relay: Relay) -> None:
    """A record is kept as proof for a year after its end, and then goes with the purge."""
    person_id = await advertiser_of(relay)
    for days in (364, 366):
        await consents.give(relay.context, relay.site, person_id, Use.ANSWERING_TIME, HERE)
        await relay.fetch(
            "update consent set given_at = now() - interval '400 days',"
            " ends_at = now() - interval '35 days',"
            " withdrawn_at = now() - make_interval(days => $1) where withdrawn_at is null",
            days,
        )
    await relay.fetch("insert into purge_clock values ($1, now())", relay.site.site_id)
    await purge(relay.context, [relay.site])
    assert len(await relay.fetch("select 1 from consent")) == 1


async def test_the_page(relay: Relay) -> None:
    """An advertiser says yes and takes it back on a page of their own; a buyer has none."""
    _, body = await relay.post()
    page = f"{await relay.answers(body['id'])}/delay"
    person_id = await advertiser_of(relay)
    async with relay.http.get(page) as shown:
        assert "Calculer mon délai" in await shown.text()
    for given, count in (("1", 1), ("0", 0)):
        async with relay.http.post(page, data={"given": given}) as answer:
            assert answer.status == 200
            text = await answer.text()
        assert ("Ne plus le calculer" in text) == bool(count)
        records = await consents.list_consents(relay.context, relay.site, person_id)
        assert len([one for one in records if one.holds(datetime.now(UTC))]) == count
    assert page.split("/")[-2] not in records[0].circumstances.page
    async with relay.http.get(
        body["status_url"].replace("https://relais.example", relay.url) + "/delay"
    ) as foreign:
        assert foreign.status == 404
