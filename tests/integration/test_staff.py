"""Staff: accounts opened by a link, log-ins with two proofs, sessions that end when told to."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from argon2 import PasswordHasher

from relay import staff
from relay.cli.telling import SENTENCES
from relay.context import Context
from relay.errors import Refused
from relay.permissions import Level, Permission, Role
from relay.staff import credentials
from relay.staff.sessions import TRIES_BY_NAME, TRIES_BY_NETWORK
from tests.relays import Relay
from tests.rig.commands import relay as command
from tests.rig.serving import environment

PASSWORD = "quatre mots dans un ordre"
HOME = "203.0.113.4"


@dataclass(slots=True)
class Clock:
    """A clock that goes on when it is told to."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(minute=10))

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


@pytest.fixture(autouse=True)
def _light_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords hashed at a hundredth of the cost; what they cost is test_credentials.py's."""
    light = PasswordHasher(time_cost=1, memory_cost=512, parallelism=1)
    monkeypatch.setattr(credentials, "_hasher", light)


@pytest.fixture
def clock(context: Context) -> Clock:
    """The clock of the context."""
    context.clock = made = Clock()
    return made


async def opened(context: Context, name: str = "lea") -> str:
    """Open an account; returns the secret of its device."""
    token = await staff.add_staff(context, name)
    secret = (await staff.read_invitation(context, token)).secret
    await staff.accept_invitation(context, token, PASSWORD, code(context, secret, -30))
    return secret


def code(context: Context, secret: str, after_s: int = 0) -> str:
    """Return what the device shows."""
    return pyotp.TOTP(secret).at(context.clock() + timedelta(seconds=after_s))


async def refused(act: object) -> str:
    """Return the code with which an act refuses."""
    with pytest.raises(Refused) as caught:
        await act  # type: ignore[misc]
    return caught.value.code


async def test_from_link_to_session(context: Context, clock: Clock) -> None:
    """A link opens an account, whose password and code start a session of twelve hours."""
    secret = await opened(context)
    made = await staff.log_in(context, " Lea", PASSWORD, code(context, secret), HOME)
    session = await staff.read_session(context, made.token)
    assert session is not None
    assert (session.name, session.expires_at) == ("lea", clock.now + timedelta(hours=12))


@pytest.mark.parametrize(
    ("name", "password", "digits"),
    [
        ("lea", "autre chose du tout", None),
        ("lea", PASSWORD, "000000"),
        ("lea", PASSWORD, ""),
        ("lea", PASSWORD, "é"),
        ("lea", "", None),
        ("marc", PASSWORD, None),
        ("marc\0", PASSWORD, None),
        ("' or true --", PASSWORD, None),
    ],
)
async def test_one_answer_to_every_wrong_try(
    context: Context, clock: Clock, name: str, password: str, digits: str | None
) -> None:
    """Whatever does not fit, and whether the name exists or not, the answer is one (A47)."""
    secret = await opened(context)
    shown = code(context, secret) if digits is None else digits
    assert await refused(staff.log_in(context, name, password, shown, HOME)) == "login_wrong"


async def test_a_code_works_once(context: Context, clock: Clock) -> None:
    """A code that was looked at while it was typed is worth nothing afterwards."""
    secret = await opened(context)
    shown = code(context, secret)
    await staff.log_in(context, "lea", PASSWORD, shown, HOME)
    assert await refused(staff.log_in(context, "lea", PASSWORD, shown, HOME)) == "login_wrong"


async def test_a_code_works_for_one_of_two_at_once(context: Context, clock: Clock) -> None:
    """Of two log-ins at the same moment with the same code, one gets a session."""
    secret = await opened(context)
    shown = code(context, secret)
    tries = (staff.log_in(context, "lea", PASSWORD, shown, HOME) for _ in range(2))
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["LoggedIn", "Refused"]


async def test_tries_from_one_network_are_bounded(context: Context, clock: Clock) -> None:
    """A network that guesses is refused until the hour ends (A47)."""
    for number in range(TRIES_BY_NETWORK):
        name = f"personne{number}"
        assert await refused(staff.log_in(context, name, "x", "1", HOME)) == "login_wrong"
    assert await refused(staff.log_in(context, "lea", "x", "1", HOME)) == "rate_limited"
    clock.now += timedelta(hours=1)
    assert await refused(staff.log_in(context, "lea", "x", "1", HOME)) == "login_wrong"


@pytest.mark.parametrize("name", ["lea", "personne"])
async def test_tries_for_one_name_are_bounded(context: Context, clock: Clock, name: str) -> None:
    """A name is guessed at from many networks as often as any other, known or not (A47)."""
    await opened(context)
    for number in range(TRIES_BY_NAME):
        network = f"203.0.113.{number}"
        assert await refused(staff.log_in(context, name, "x", "1", network)) == "login_wrong"
    assert await refused(staff.log_in(context, name, "x", "1", "198.51.100.1")) == "rate_limited"


async def test_ten_thousand_tries(context: Context, clock: Clock) -> None:
    """Of 10,000 tries from one place, no more passwords are looked at than allowed (A47)."""
    gate = asyncio.Semaphore(20)  # twice the pool: none waits long for a connection

    async def guess(number: int) -> str:
        async with gate:
            return await refused(staff.log_in(context, f"n{number % 50}", "x", "1", HOME))

    answers = await asyncio.gather(*map(guess, range(10_000)))
    assert answers.count("login_wrong") == TRIES_BY_NETWORK
    assert answers.count("rate_limited") == 10_000 - TRIES_BY_NETWORK


async def test_log_ins_that_work_are_no_tries(context: Context, clock: Clock) -> None:
    """A whole team behind one address logs in without being refused."""
    secret = await opened(context)
    for _ in range(TRIES_BY_NETWORK + 2):
        await staff.log_in(context, "lea", PASSWORD, code(context, secret), HOME)
        clock.now += timedelta(seconds=30)


async def test_sessions_end_by_themselves(context: Context, clock: Clock) -> None:
    """After twelve hours a session is nobody's (A23)."""
    secret = await opened(context)
    made = await staff.log_in(context, "lea", PASSWORD, code(context, secret), HOME)
    clock.now += timedelta(hours=12)
    assert await staff.read_session(context, made.token) is None


async def test_a_new_link_ends_everything(context: Context, clock: Clock) -> None:
    """A new link ends every session and every earlier link of this person (A23)."""
    secret = await opened(context)
    made = await staff.log_in(context, "lea", PASSWORD, code(context, secret), HOME)
    first = await staff.new_link(context, "lea")
    await staff.new_link(context, "lea")
    assert await staff.read_session(context, made.token) is None
    assert await refused(staff.read_invitation(context, first)) == "link_wrong"


async def test_stolen_proofs_end_with_the_link(context: Context, clock: Clock) -> None:
    """Who logs in by the former password while a new link waits is out once it is used (A23)."""
    stolen = await opened(context)
    link = await staff.new_link(context, "lea")
    thief = await staff.log_in(context, "lea", PASSWORD, code(context, stolen), HOME)
    secret = (await staff.read_invitation(context, link)).secret
    await staff.accept_invitation(context, link, "quatre autres mots ici", code(context, secret))
    assert await staff.read_session(context, thief.token) is None


async def test_a_link_works_once(context: Context, clock: Clock) -> None:
    """A link that was used, or is a day old, opens nothing."""
    token = await staff.add_staff(context, "lea")
    secret = (await staff.read_invitation(context, token)).secret
    await staff.accept_invitation(context, token, PASSWORD, code(context, secret))
    again = staff.accept_invitation(context, token, PASSWORD, code(context, secret))
    assert await refused(again) == "link_wrong"
    token = await staff.new_link(context, "lea")
    clock.now += timedelta(days=1)
    assert await refused(staff.read_invitation(context, token)) == "link_wrong"


@pytest.mark.parametrize(
    ("password", "digits", "problem"),
    [
        ("onze signes", None, "password_short"),
        ("x" * 201, None, "password_long"),
        (PASSWORD, "12345", "code_wrong"),
    ],
)
async def test_what_does_not_fit_keeps_the_link(
    context: Context, clock: Clock, password: str, digits: str | None, problem: str
) -> None:
    """A password that is too short or a wrong code is told, and the link works still."""
    token = await staff.add_staff(context, "lea")
    secret = (await staff.read_invitation(context, token)).secret
    shown = code(context, secret) if digits is None else digits
    assert await refused(staff.accept_invitation(context, token, password, shown)) == problem
    await staff.accept_invitation(context, token, PASSWORD, code(context, secret))


async def test_a_closed_account_is_closed_at_once(context: Context, clock: Clock) -> None:
    """Closing an account ends its sessions, and no proof opens it again."""
    secret = await opened(context)
    made = await staff.log_in(context, "lea", PASSWORD, code(context, secret), HOME)
    await staff.close_staff(context, "lea")
    assert await staff.read_session(context, made.token) is None
    again = staff.log_in(context, "lea", PASSWORD, code(context, secret, 30), HOME)
    assert await refused(again) == "login_wrong"


async def test_roles_count_from_the_next_click(relay: Relay) -> None:
    """A role that is given or taken back counts at once, in sessions that are open."""
    context, site = relay.context, relay.site
    secret = await opened(context)
    made = await staff.log_in(context, "lea", PASSWORD, code(context, secret), HOME)
    levels = []
    for held in (True, False):
        await staff.set_role(context, "lea", site, Role.MODERATOR, held=held)
        session = await staff.read_session(context, made.token)
        assert session is not None
        levels.append(session.level(site, Permission.HOLD))
    assert levels == [Level.YES, Level.NO]


async def test_nothing_secret_is_stored(relay: Relay) -> None:
    """Password, device key, link and session stand nowhere in the database (A36)."""
    context = relay.context
    secret = await opened(context)
    made = await staff.log_in(context, "lea", PASSWORD, code(context, secret), HOME)
    link = await staff.new_link(context, "lea")
    stored = ""
    for table in ("staff", "staff_link", "staff_session", "staff_try"):
        stored += str(await relay.fetch(f"select {table}::text from {table}"))
    for hidden in (PASSWORD, secret, made.token, link, HOME):
        assert hidden not in stored
        assert hidden.encode().hex() not in stored


@pytest.mark.parametrize("name", ["", "L", "léa", "a b", "x" * 41, "../lea"])
async def test_odd_names_are_refused(context: Context, name: str) -> None:
    """A name is a plain word, so that it is shown everywhere as it is."""
    assert await refused(staff.add_staff(context, name)) == "staff_name_wrong"


async def test_a_name_is_taken_once(context: Context) -> None:
    """A name belongs to one person."""
    await staff.add_staff(context, "lea")
    assert await refused(staff.add_staff(context, "lea")) == "staff_exists"


async def test_the_commands(relay: Relay) -> None:
    """`relay staff` makes an account with a role, prints its link once, and closes it."""
    env = environment(relay.context.settings)
    given = ("--site", "demo", "--role", "moderator", "--json")
    status, output, errors = await command(env, "staff", "add", "lea", *given)
    assert status == 0, errors
    link = json.loads(output)["url"].rpartition("/")[2]
    assert (await staff.read_invitation(relay.context, link)).name == "lea"
    await command(env, "staff", "grant", "lea", "demo", "lead")
    _, output, _ = await command(env, "staff", "list", "--json")
    assert json.loads(output)["staff"][0]["roles"] == ["demo:lead", "demo:moderator"]
    await command(env, "staff", "close", "lea")
    status, _, errors = await command(env, "staff", "link", "lea")
    assert (status, errors) == (1, f"Error: {SENTENCES['staff_unknown']}\n")
