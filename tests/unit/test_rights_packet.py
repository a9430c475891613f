"""What a person is given: redacted, safe to open, complete; and letters told by their words."""

import csv
import io
import json
import zipfile
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.masking import find_numbers
from relay.policy import Basis, Kept, Trigger, read_policy
from relay.register import controller_register
from relay.rights.certificate import Certificate, Stored, certificate_page
from relay.rights.dossier import (
    Consented,
    Contested,
    Dossier,
    Identity,
    Listed,
    Looked,
    Objected,
    Said,
    Traced,
    kept_until,
)
from relay.rights.mailbox import kind_of
from relay.rights.packet import pack, readable_page
from relay.rights.redaction import Other, redact
from relay.rights.standing import Kind
from relay.sealing import DataKey
from relay.sites import Site
from relay.tables import table

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
POLICY = read_policy(Path("policies/demo.toml").read_text("utf-8"))
CAMILLE = Other(
    frozenset({"Camille"}), frozenset({"+33639980123"}), frozenset({"camille@annonceur.example"})
)


CONSENT = Consented(
    "c1", "answering_time", 1, AT, AT + timedelta(days=365), None,
    "192.0.2.0/24", "Firefox", "PC", "/a/…/delay", "FR",
)  # fmt: skip


def dossier(text: str = "Bonjour", language: str = "fr") -> Dossier:
    """Return what is held of somebody who wrote once."""
    return Dossier(
        policy=POLICY,
        language=language,
        made_at=AT,
        asked_for="lea@acheteuse.example",
        identities=(Identity("lea@acheteuse.example", AT),),
        said=(
            Said("msg_1", "cnv_1", AT, True, "48213", "Vélo", text, "delivered", AT, name="Léa"),
            Said("msg_2", "cnv_1", AT, False, "48213", "Vélo", None, "delivered", AT),
        ),
        traces=(Traced("msg_1", AT, "192.0.2.1", "40000", "Browser", AT),),
        listings=(),
        reports=(),
        appeals=(Contested(AT, "À tort.", AT),),
        consents=(CONSENT,),
        objections=(Objected("statistics", AT, None),),
        looks=(Looked(AT, "open", "dossier 7"),),
        files=(),
        purposes=tuple(controller_register(POLICY, language)),
    )


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_zip_is_whole(language: str) -> None:
    """Every part is there, in the person's language, and the JSON says the same."""
    with zipfile.ZipFile(io.BytesIO(pack(dossier(language=language)))) as packed:
        names = set(packed.namelist())
        held = json.loads(packed.read("donnees.json"))
    tables = {"messages.csv", "connexions.csv", "consultations.csv"}
    assert tables | {"accords.csv", "oppositions.csv"} < names
    assert len([name for name in names if name.startswith("messages/")]) == 2
    assert held["said"][0]["text"] == "Bonjour"
    assert held["looks"][0]["purpose"] == "dossier 7"
    assert held["consents"][0] == {**asdict(CONSENT), "given_at": AT.isoformat(),
                                   "ends_at": CONSENT.ends_at.isoformat()}  # fmt: skip
    assert held["objections"][0]["purpose"] == "statistics"
    assert len(held["purposes"]) == len(controller_register(POLICY, language))


def test_what_is_read_is_in_words() -> None:
    """No code of a program stands in what a person reads: only the JSON has them."""
    written = dossier()
    bike = Listed(
        "48213", "Vélo", "120 €", None, "open", "Léa", "lea@acheteuse.example", None, None, None,
        None, False, None,
    )  # fmt: skip
    page = readable_page(replace(written, listings=(bike,)))
    assert "48213 · en ligne · " in page
    with zipfile.ZipFile(io.BytesIO(pack(written))) as packed:
        read = {name: packed.read(name).decode("utf-8-sig") for name in packed.namelist()}
    letter = next(text for name, text in read.items() if name.startswith("messages/"))
    assert letter.startswith("Quand\u00a0: 22/11/2026 10:30\nSens\u00a0: Vous avez écrit\n")
    assert "État\u00a0: Remis\n" in letter
    assert "Remis" in read["messages.csv"]
    assert "lecture" in read["consultations.csv"]
    assert "Calcul de votre délai de réponse" in read["accords.csv"]
    assert "Les statistiques" in read["oppositions.csv"]


def test_a_certificate_is_french_to_its_last_line() -> None:
    """The signature too stands after a no-break space and a colon."""
    site = Site(UUID(int=1), "demo", "live", frozenset(), POLICY, DataKey(bytes(32)))
    stored = Stored(Certificate(UUID(int=2), AT, {"messages": 2}, ()), "ab12")
    page = certificate_page(site, stored, "D-1", "fr")
    assert "Signature\u00a0: <code>ab12</code>" in page


@given(st.text(max_size=200))
def test_words_never_become_markup(text: str) -> None:
    """Whatever somebody wrote, the page has no script and no link of theirs."""
    page = readable_page(dossier(text + "<script>alert(1)</script><img src=x>"))
    assert "<script" not in page
    assert "<img" not in page


@given(st.lists(st.lists(st.text(max_size=20), min_size=3, max_size=3), max_size=5))
def test_no_cell_is_a_formula(rows: list[list[str]]) -> None:
    """A21: no cell of any table begins as a formula of a spreadsheet does."""
    read = list(csv.reader(io.StringIO(table(("a", "b", "c"), rows).removeprefix("\ufeff"))))
    for row in read[1:]:
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize(
    "text",
    [
        "Appelez Camille au 06 39 98 01 23",
        "camille : 0 6 3 9 9 8 0 1 2 3, merci",
        "écrivez à camille@annonceur.example ou CAMILLE@ANNONCEUR.EXAMPLE",
        "mon autre numéro 06 39 98 99 11 et autre@ailleurs.example",
    ],
)
def test_the_other_party_goes(text: str) -> None:
    """A39: of what was received no name, number or address of its writer is left."""
    shown = redact(text, CAMILLE, region="FR", language="fr").casefold()
    assert "camille" not in shown
    assert "@" not in shown
    assert find_numbers(shown) == []


def test_the_end_of_a_row() -> None:
    """A row goes at its own end, or earlier with its listing, and never before it came in."""
    year = Kept(active_days=365, basis=Basis.CONTRACT)
    with_ad = Kept(
        trigger=Trigger.LISTING_ENDED, active_days=30, most_days=365, basis=Basis.CONTRACT
    )
    day = timedelta(days=1)
    assert kept_until([year], AT, AT + day) == AT + 365 * day
    assert kept_until([with_ad], AT, None) == AT + 365 * day
    assert kept_until([with_ad], AT, AT + day) == AT + 31 * day
    assert kept_until([with_ad], AT, AT - 90 * day) == AT + 30 * day
    assert kept_until([year, with_ad], AT, AT + day) == AT + 365 * day


@pytest.mark.parametrize(
    ("letter", "kind"),
    [
        ("En application de l’article 15, j’exerce mon droit d’accès.", Kind.ACCESS),
        ("Merci de rectifier mon numéro.", Kind.RECTIFICATION),
        ("Je vous demande d’effacer les données me concernant.", Kind.ERASURE),
        ("Je demande le verrouillage de mes données.", Kind.RESTRICTION),
        ("Je m’oppose au traitement de mes données.", Kind.OBJECTION),
        ("Portabilité : envoyez-moi mes données dans un format ouvert.", Kind.PORTABILITY),
        ("Please delete my data.", Kind.ERASURE),
        ("Merci d’effacer et de rectifier.", None),
        ("Bonjour, une question.", None),
    ],
)
def test_letters_name_their_right(letter: str, kind: Kind | None) -> None:
    """The models of the CNIL are understood; what names two rights is asked of its writer."""
    assert kind_of(letter) is kind
