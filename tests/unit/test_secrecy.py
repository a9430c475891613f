"""What one side keeps from the other: numbers, addresses and keys, by the site's promise."""

from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.links import Link, Side, sign_link
from relay.policy import Policy, read_policy
from relay.secrecy import Consent, Party, is_phone_open, secrets_of, without_contacts

DEMO = read_policy((Path(__file__).parents[2] / "policies" / "demo.toml").read_text("utf-8"))
PHONE = "+33639980123"


def policy(disclosure: str) -> Policy:
    """Return the demonstration policy with another disclosure."""
    return DEMO.model_copy(update={"disclosure": type(DEMO.disclosure)(disclosure)})


def party(side: str = "advertiser", *, phone_open: bool = False) -> Party:
    """Return a side with a number and two addresses."""
    return Party(
        side=side,
        phone=PHONE,
        is_phone_open=phone_open,
        emails=frozenset({"camille@annonceur.example", "c.perso@ailleurs.example"}),
        writes_to="r-k3v9q2xwk3v9q2xw",
    )


@pytest.mark.parametrize(
    ("disclosure", "advertiser", "buyer", "seen"),
    [
        ("phone", False, False, {"buyer"}),
        ("phone", True, False, {"advertiser", "buyer"}),
        ("full", False, True, {"buyer"}),
        ("alias", False, False, set()),
        ("alias", True, False, set()),
        ("alias", False, True, set()),
        ("alias", True, True, {"advertiser", "buyer"}),
    ],
)
def test_who_sees_a_number(disclosure: str, advertiser: bool, buyer: bool, seen: set[str]) -> None:  # noqa: FBT001 (a table)
    """A number is open by the site's promise or its owner's consent; where both hide, by both."""
    found = {
        side
        for side in ("advertiser", "buyer")
        if is_phone_open(side, policy(disclosure), chosen=False, consent=Consent(advertiser, buyer))
    }
    assert found == seen


def test_an_advertisers_choice_opens_the_number() -> None:
    """The choice made for the listing shows the advertiser's number, never the buyer's."""
    assert is_phone_open("advertiser", policy("alias"), chosen=True, consent=Consent())
    assert not is_phone_open("buyer", policy("alias"), chosen=True, consent=Consent())


def test_a_text_is_cleared() -> None:
    """Number, both addresses, alias and private link of a side leave its words; the rest stays."""
    link = Link(Side.ADVERTISER, UUID(int=1), UUID(int=2), date(2027, 1, 1), UUID(int=3))
    token = sign_link(link, [b"\x01" * 32])
    text = (
        f"Bonjour, 06 39 98 01 23 ou Camille@Annonceur.example ou c.perso (at) ailleurs.example,"
        f" relais.example/a/{token}/sold, r-k3v9q2xwk3v9q2xw@relais.example. À samedi !"
    )
    cleared = secrets_of(party(), policy("phone"), "fr").clear(text).text
    for secret in ("06 39", "nnonceur.example", "perso", token, "r-k3v9q2xw"):
        assert secret not in cleared
    assert cleared.startswith("Bonjour, [numéro masqué] ou ")
    assert cleared.endswith("À samedi !")


def test_what_is_open_stays() -> None:
    """An open number stays; a buyer's address stays where the site promises to pass it on."""
    secrets = secrets_of(party("buyer", phone_open=True), policy("full"), "fr")
    text = "06 39 98 01 23, camille@annonceur.example"
    assert secrets.mask(text) == text


def test_a_number_in_two_messages() -> None:
    """A number begun in an earlier text of the same side is masked where it ends."""
    secrets = secrets_of(party(), policy("phone"), "fr")
    assert "01 23" not in secrets.clear("et finit par 01 23", ["commence par 06 39 98"]).text
    assert "01 23" in secrets.clear("et finit par 01 23").text


@given(st.text(alphabet="abcdefgh .,\n", max_size=300))
def test_plain_words_stay(text: str) -> None:
    """Words without figure, address or key are never touched."""
    assert secrets_of(party(), policy("phone"), "fr").mask(text) == text


def test_a_long_wall_takes_no_time() -> None:
    """A26: a wall of signs that could begin a private link is looked at once."""
    wall = "a-" * 10_000
    assert secrets_of(party(), policy("phone"), "fr").mask(wall) == wall


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("PV 2027/118 du 3 mars", "PV 2027/118 du 3 mars"),
        ("rappelé au 06 39 98 07 41, sans suite", "rappelé au [numéro masqué], sans suite"),
    ],
)
def test_reasons_of_staff_lose_numbers(written: str, kept: str) -> None:
    """A reason is kept unsealed: numbers are taken out of it, references of cases are not."""
    assert without_contacts(written, "FR", "fr") == kept


def test_reasons_of_staff_lose_addresses() -> None:
    """An address in a reason is taken out, too."""
    assert "lea@" not in without_contacts("écrit à lea@acheteuse.example", "FR", "fr")
