"""The letters of the desk: in both languages, named after their controller, neutral if asked."""

import email
import email.policy

import pytest

from relay.context import Context
from relay.mail.compose import Composed
from relay.outgoing import read_mails, render
from relay.outgoing.rights_letters import SHAPES
from relay.rights.intake import Asked, ask
from relay.rights.requests import Content, write_letter
from relay.rights.standing import Door, Kind
from tests.relays import Relay, open_relay
from tests.rights import LEA, text_of


async def letter(relay: Relay, name: str, language: str) -> email.message.EmailMessage:
    """Return one letter as it leaves."""
    notes = {"extended": "Beaucoup à lire.", "refused": "Déjà répondu."}
    changes = {"email": "autre@acheteuse.example"}
    asked = Asked(
        Door.PAGE, Kind.RECTIFICATION, language, Content(LEA, None, "", changes, (), notes)
    )
    context = relay.context
    request_id = await ask(context, relay.site, asked)
    async with context.database.connection() as connection:
        await connection.execute(
            "insert into request_proof (site_id, request_id, address, expires_at, sealed_code)"
            " select site_id, request_id, 'new', expires_at, null from request_proof"
        )
        await connection.execute("delete from outbox")
        await connection.execute(
            "update data_request set ground = 'excessive', link_until = now() + interval '7 days'"
        )
    async with context.database.connection() as connection, connection.transaction():
        await write_letter(context, connection, relay.site, request_id, name)
    [row] = await relay.fetch("select site_id, mail_id from outbox")
    rows = await read_mails(context, [row["site_id"]], [row["mail_id"]])
    made = render(context, relay.site, rows[row["mail_id"]])
    assert isinstance(made, Composed), made
    assert made.sender == ""  # nobody is answered
    return email.message_from_bytes(made.content, policy=email.policy.default)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", [one for one in SHAPES if one not in ("code_new", "remind")])
async def test_every_letter(relay: Relay, name: str, language: str) -> None:
    """A letter names its controller, leaves nothing to fill in, and goes to the address proved."""
    mail = await letter(relay, name, language)
    said = text_of(mail)
    assert relay.site.policy.controller.name in said
    assert not set("{}") & set(said)
    assert mail["To"].addresses[0].addr_spec == LEA
    assert mail["From"].addresses[0].addr_spec == "privacy-demo@relais.example"
    assert mail.get_body(("html",)) is not None
    if name in ("refused", "extended", "ready", "erased"):
        assert "cnil.fr" in said
    if name == "refused":
        assert "Déjà répondu." in said


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_the_reminder_goes_to_the_controller(relay: Relay, language: str) -> None:
    """The officer's reminder names a number and a day, and nobody."""
    mail = await letter(relay, "remind:2", language)
    assert mail["To"].addresses[0].addr_spec == "contact@annonces.example"
    assert LEA not in mail.as_string()


async def test_a_sensitive_site_stays_unnamed(context: Context) -> None:
    """Of a sensitive site's letter neither subject nor sender says which it is."""
    async with open_relay(context, "zone-visio") as relay:
        mail = await letter(relay, "receipt", "fr")
    assert "zone" not in (mail["Subject"] + mail["From"].addresses[0].display_name).lower()
