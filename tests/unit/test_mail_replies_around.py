"""What stands around an answer: heads of quotes, marks of devices, signatures."""

import tomllib
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from relay.mail.reading.heading import read_heading
from relay.mail.reading.replies import read_reply
from relay.mail.reading.values import Reply

DATA: dict[str, Any] = tomllib.loads(
    (Path(__file__).parents[1] / "data/mail/around_answers.toml").read_text("utf-8")
)
DEVICES, OWN = (DATA[name].strip().split("\n") for name in ("devices", "own"))
NAMED = {
    "who": "Léa via Exemple Annonces",
    "alias": "r-63zzvi6gv42wje6wimtcrrzeuz@relais.example",
    "me": "marc@fournisseur.example",
    "subject": "Vélo de ville : message de Léa",
}
HEADERS = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
ANSWER = "Bonjour,\n\noui, c'est bon pour moi."
QUOTE = "Le lun. 23 nov. 2026 à 09:12, {who} <{alias}> a écrit :\n> Bonjour\n".format(**NAMED)
FROM_ANOTHER = "Bonjour Marc,\n\nEst-ce que le prix est négociable ?\n\nLéa"
FROM_US = (
    "Exemple Annonces · annonce n°\u00a048213\n"
    "Léa vous écrit au sujet de «\u00a0Vélo de ville\u00a0»\n\n"
    "▌ Bonjour, le vélo est-il toujours disponible ?\n\nRépondez à ce message."
)


def read(text: str) -> Reply:
    """Read a plain mail with these words."""
    message = message_from_bytes((HEADERS + text).encode())
    return read_reply(message, read_heading(message))


@pytest.mark.parametrize("quoted", [FROM_ANOTHER, FROM_US], ids=["another", "us"])
@pytest.mark.parametrize("mark", ["", "> "], ids=["bare", "marked"])
@pytest.mark.parametrize("name", DATA["heads"])
def test_a_quote_ends_the_answer(name: str, mark: str, quoted: str) -> None:
    """R1, R13: below any program's head nothing is the author's, above it everything is."""
    head = DATA["heads"][name].format(**NAMED)
    body = "\n".join(mark + line for line in quoted.split("\n"))
    wanted = f"{ANSWER}\n\nMarc"
    assert read(f"{wanted}\n\n{head}\n\n{body}\n").text == wanted


@pytest.mark.parametrize("gap", ["\n", "\n\n"], ids=["below", "apart"])
@pytest.mark.parametrize("device", DEVICES)
def test_a_device_is_no_answer(device: str, gap: str) -> None:
    """R2: what a device or a program adds is not passed on."""
    assert read(f"{ANSWER}{gap}{device}\n\n{QUOTE}").text == ANSWER


@pytest.mark.parametrize("name", DATA["signatures"])
def test_a_signature_is_not_passed_on(name: str) -> None:
    """R2: name, role, number and address below the closing stay; the closing is the author's."""
    closing, _, signature = DATA["signatures"][name].partition("|")
    wanted = f"{ANSWER}\n\n{closing}".rstrip()
    gap = "" if closing else "\n"
    assert read(f"{wanted}\n{gap}{signature}\n\n{QUOTE}").text == wanted


@pytest.mark.parametrize("ending", ["", "\n\nMarc"], ids=["last", "signed"])
@pytest.mark.parametrize("said", OWN)
def test_words_that_look_like_a_signature_are_kept(said: str, ending: str) -> None:
    """R13: a sentence that looks like a head, a device's mark or a signature is the author's."""
    wanted = f"{ANSWER}\n\n{said}{ending}"
    assert read(f"{wanted}\n\n{QUOTE}").text == wanted


@pytest.mark.parametrize("gap", ["\n", "\n\n"], ids=["above", "apart"])
def test_an_address_above_a_quote_is_the_authors(gap: str) -> None:
    """R13: a line with an address right above the head of a quote is not taken into the head."""
    reply = read(f"{ANSWER} Écrivez-moi à\nmarc@fournisseur.example,{gap}{QUOTE}")
    assert "marc@fournisseur.example" in reply.text


@pytest.mark.parametrize("said", ["Le 12 ou le 13, à 18h.", "Le 3 mai 2026 me va.", "Le 5 :"])
def test_a_date_above_a_quote_is_the_authors(said: str) -> None:
    """R13: a sentence that begins like a head is the author's when the head begins below it."""
    assert read(f"{ANSWER}\n{said}\n{QUOTE}").text == f"{ANSWER}\n{said}"
