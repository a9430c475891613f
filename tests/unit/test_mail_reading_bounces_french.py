"""Bounces that say in French words, and no standard's fields, whom they are about and why."""

import base64
import tomllib
from pathlib import Path

import pytest

from relay.mail import read
from relay.mail.outcomes import Phase, judge
from relay.mail.reading.values import Bounce, Incoming

SETS: dict[str, list[dict[str, str]]] = tomllib.loads(
    (Path(__file__).parents[1] / "data/mail/bounces/french.toml").read_text("utf-8")
)
SAMPLES = [*SETS["bounce"], *SETS["later"]]
ADDRESS = "destinataire@fournisseur.example"


def report(sample: dict[str, str], charset: str = "utf-8") -> Incoming:
    """Read a mail system's mail."""
    subject = "=?utf-8?B?" + base64.b64encode(sample["subject"].encode()).decode() + "?="
    head = (
        f"Return-Path: <{sample.get('path', '')}>\n"
        f"From: {sample['from']}\nTo: b-abc@relais.example\n"
        f"Subject: {subject}\nMIME-Version: 1.0\n"
        f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n"
    )
    return read(head.encode() + sample["text"].replace("{x}", ADDRESS).encode(charset))


def is_right(sample: dict[str, str], found: Incoming) -> bool:
    """Tell whether a report is read as one, about the right address, with the right class."""
    if not isinstance(found, Bounce) or found.verdict.value != sample.get("class", "failed"):
        return False
    return [failure.address for failure in found.failures] == [ADDRESS]


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "utf-16"])
def test_address_and_class(charset: str) -> None:
    """F40, F41: at least 95 % of French reports in words give their address and class."""
    samples = [one for one in SAMPLES if charset != "iso-8859-1" or "’" not in one["text"]]
    right = [is_right(one, report(one, charset)) for one in samples]
    assert sum(right) / len(right) >= 0.95


@pytest.mark.parametrize(
    "sample", [one for one in SAMPLES if "reason" in one], ids=lambda one: one["text"][-40:]
)
def test_reason(sample: dict[str, str]) -> None:
    """R7: what is told the writer, and what an address is judged by, is what the words say."""
    found = report(sample)
    assert isinstance(found, Bounce)
    [failure] = found.failures
    said = f"{failure.status or ''} {failure.diagnostic}"
    assert judge(Phase.RCPT, 550, said).reason == sample["reason"]


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        ("postmaster@mairie.example", "Accusé de réception", "Nous avons bien reçu {x}. Merci."),
        ("Paul <paul@free.example>", "Votre annonce", "Erreur de ma part, voyez {x}, désolé."),
        ("MAILER-DAEMON@a.example", "Bienvenue", "Votre nouvelle adresse est {x}."),
        ("Le garage <postmaster@garage.example>", "Re: Vélo", "Erreur : écrivez à {x}, merci."),
        ("Marie <marie@orange.example>", "Retour", "Je refuse l'offre de {x}, boîte pleine."),
    ],
)
def test_no_report_is_made_up(sender: str, subject: str, text: str) -> None:
    """F40: hints count in no person's mail, and a mail system's mail without any is no bounce."""
    path = sender.partition("<")[2].rstrip(">")
    sample = {"from": sender, "path": path, "subject": subject, "text": text}
    assert not isinstance(report(sample), Bounce)
