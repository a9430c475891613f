"""Who reported from outside, or contested: their words are theirs, and go with them."""

from uuid import UUID

import pytest

from relay import desk
from relay.database import queries
from relay.desk import Category, Decision, Notice, Ruling, Source
from relay.rights import decisions
from relay.rights.round import attend
from relay.rights.standing import State
from tests.moderators import look_of
from tests.relays import Relay
from tests.rights import LEA, Person, erased, quiet, unpack

VOISINE = "voisine@tiers.example"


@pytest.fixture
async def message_id(relay: Relay) -> UUID:
    """A message of Léa's."""
    _, body = await relay.post()
    await quiet(relay)
    return UUID(body["id"].removeprefix("msg_"))


async def report(relay: Relay, message_id: UUID, email: str = VOISINE) -> UUID:
    """Have somebody outside report a message through the site; returns the case."""
    notice = Notice(
        message_id=message_id, category=Category.SCAM, source=Source.THIRD_PARTY,
        why="Mon livreur a reçu le même.", name="Anne V.", email=email, good_faith=True,
    )  # fmt: skip
    return (await desk.file_report(relay.context, relay.site, notice)).case_id


async def told(relay: Relay, case_id: UUID) -> tuple[str, str]:
    """Return what a moderator reads of a report: its words, and who made it."""
    file = await desk.read_case(relay.context, relay.site, case_id, await look_of(relay))
    [one] = file.reports
    return one.note, one.details.get("name", "")


async def test_a_reporter_sees_what_they_gave(relay: Relay, message_id: UUID) -> None:
    """An access of somebody outside holds their report, and nothing of the message."""
    case_id = await report(relay, message_id)
    assert await told(relay, case_id) == ("Mon livreur a reçu le même.", "Anne V.")
    anne = Person(relay, VOISINE)
    own = await anne.prove(await anne.ask("access"))
    [request_id] = await anne.requests()
    await decisions.accept(relay.context, relay.site, request_id, await anne.look())
    files = unpack((await anne.post(f"{own.path}/download")).body)
    assert "Mon livreur a reçu le même." in files["lisez-moi.html"]
    assert "Anne V." in files["donnees.json"]
    assert not any("samedi matin" in one for one in files.values())


async def test_an_erasure_waits_for_the_case(relay: Relay, message_id: UUID) -> None:
    """A40: while a case can be contested its report stays readable, apart; then it is gone."""
    case_id = await report(relay, message_id)
    anne = Person(relay, VOISINE)
    [before] = await relay.fetch("select giver_id from report")
    request_id = await erased(anne)
    assert await anne.state(request_id) is State.PARTLY_HELD
    [kept] = await relay.fetch("select giver_id from report")
    assert kept["giver_id"] != before["giver_id"]
    assert (await told(relay, case_id))[0] == "Mon livreur a reçu le même."
    await relay.fetch("update legal_hold set blocks_until = now() returning 1")
    await attend(relay.context, relay.site)
    assert await anne.state(request_id) is State.READY
    assert await relay.fetch("select 1 from report") == []
    rows = await relay.fetch("select 1 from person where person_id = $1", kept["giver_id"])
    gone = await relay.fetch(
        "select 1 from person where person_id = $1 and wrapped_key is null", kept["giver_id"]
    )
    assert len(gone) == len(rows)


async def contested(
    relay: Relay, message_id: UUID, decision: Decision, by: desk.Appellant, who: str
) -> UUID:
    """Report a message, decide, and contest the decision as whom a query finds; return the case."""
    case_id = await report(relay, message_id)
    ruling = Ruling(decision, desk.Statement(decision_facts="Vu."))
    await desk.decide(relay.context, relay.site, case_id, ruling, await look_of(relay))
    [row] = await relay.fetch(who)
    await desk.appeal(
        relay.context, relay.site, message_id, by=by, text="À tort.", appellant_id=row[0]
    )
    return case_id


async def test_an_appeal_goes_with_its_author(relay: Relay, message_id: UUID) -> None:
    """What somebody said against a decision is sealed by their key, kept as evidence, then gone."""
    by = desk.Appellant.AUTHOR
    case_id = await contested(
        relay, message_id, Decision.ACTION, by, "select sender_id from message"
    )
    lea = Person(relay, LEA)
    request_id = await erased(lea)
    assert await lea.state(request_id) is State.PARTLY_HELD
    file = await desk.read_case(relay.context, relay.site, case_id, await look_of(relay))
    assert file.appeal is not None
    assert file.appeal.text == "À tort."
    await relay.fetch("update legal_hold set blocks_until = now() returning 1")
    await attend(relay.context, relay.site)
    [case] = await relay.fetch("select sealed_appeal, appealed_by from report_case")
    assert tuple(case) == (None, "author")
    relay.accepted.clear()


async def test_an_appeal_without_words_is_judged(relay: Relay, message_id: UUID) -> None:
    """DSA 20: whoever contested and was erased since is still owed a judgement by the case."""
    by = desk.Appellant.OUTSIDER
    case_id = await contested(
        relay, message_id, Decision.NO_ACTION, by, "select giver_id from report"
    )
    await relay.fetch("update legal_hold set blocks_until = now() returning 1")
    await erased(Person(relay, VOISINE))
    file = await desk.read_case(relay.context, relay.site, case_id, await look_of(relay))
    assert file.state == "appealed"
    assert file.appeal is not None
    assert (file.appeal.by, file.appeal.text) == ("reporter", "")


async def test_a_known_address_is_one_person(relay: Relay, message_id: UUID) -> None:
    """Whoever reports from outside and is known already is no second person."""
    await report(relay, message_id, email=LEA.upper())
    [row] = await relay.fetch("select giver_id from report")
    [lea] = await relay.fetch("select sender_id from message")
    assert row["giver_id"] == lea["sender_id"]


async def test_a_notice_is_taken_from_whoever_is_frozen(relay: Relay, message_id: UUID) -> None:
    """DSA 16: a restriction of one's own data keeps nobody from reporting."""
    await relay.fetch("update person set frozen_key = wrapped_key, wrapped_key = null,"
                      " frozen_at = now() returning 1")  # fmt: skip
    case_id = await report(relay, message_id, email=LEA)
    assert await told(relay, case_id) == ("Mon livreur a reçu le même.", "Anne V.")
    [row] = await relay.fetch("select giver_id from report")
    assert row["giver_id"] is None


async def test_who_reports_while_the_purge_looks_stays(relay: Relay, message_id: UUID) -> None:
    """Whoever was nobody any more when the purge chose them keeps the key of a report since."""
    case_id = await report(relay, message_id)
    [row] = await relay.fetch("select giver_id from report")
    async with relay.context.database.connection() as connection:
        await queries().delete_persons(
            connection, site_id=relay.site.site_id, ids=[row["giver_id"]]
        )
    assert await told(relay, case_id) == ("Mon livreur a reçu le même.", "Anne V.")
