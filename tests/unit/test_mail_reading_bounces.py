"""Bounces of every kind tell whom they are about, and no person's mail is one."""

import pytest

from relay.mail import read
from relay.mail.reading.values import Bounce, BounceClass, Incoming, Reply
from tests.unit.mail_files import expected, stored

OURS, LEARNT = expected("bounces/own"), expected("bounces/flufl")
# Where ours and the samples' own expectations differ, and why.
DIFFERENT = {
    "simple_42.txt": "an address masked by its finder is reported as it stands",
    "simple_43.txt": "nobody is named, so the returned mail's recipient is",
    "groupwise_03.txt": "a person's answer",
    "qmail_08.txt": "an automatic answer",
    "dumbass_01.txt": "names nobody",
}


def addresses(found: Incoming) -> set[str]:
    """Return whom a bounce is about."""
    return {failure.address for failure in found.failures} if isinstance(found, Bounce) else set()


@pytest.mark.parametrize("name", OURS)
def test_bounces_of_providers(name: str) -> None:
    """R7, F41: class, addresses with status, and the original's id, of each provider's form."""
    found = read(stored("bounces/own", name))
    assert isinstance(found, Bounce)
    assert {
        "class": found.verdict.value,
        "addresses": {failure.address: failure.status for failure in found.failures},
        "original_id": found.original_id,
    } == OURS[name]


@pytest.mark.parametrize("name", [n for n in LEARNT if n not in DIFFERENT])
def test_no_address_is_made_up(name: str) -> None:
    """Of the samples of flufl.bounce, only addresses its authors expect are reported."""
    one = LEARNT[name]
    assert addresses(read(stored("bounces/flufl", name))) <= {*one["failed"], *one["delayed"]}


def test_recall_on_the_samples_of_flufl() -> None:
    """F40: at least 95 % of the addresses of flufl.bounce's own samples, with their class."""
    wanted = found = 0
    for name, one in LEARNT.items():
        mail = read(stored("bounces/flufl", name))
        for kind in ("failed", "delayed"):
            wanted += len(one[kind])
            if isinstance(mail, Bounce) and mail.verdict.value == kind:
                found += len(addresses(mail) & set(one[kind]))
    assert found / wanted >= 0.95


@pytest.mark.parametrize("name", ["groupwise_03.txt", "qmail_08.txt"])
def test_answers_among_the_samples_are_no_bounces(name: str) -> None:
    """A person's and a program's answer, which misled other readers, are not bounces."""
    assert not isinstance(read(stored("bounces/flufl", name)), Bounce)


QUOTED = """\
Bonjour, voici ce que j’ai reçu, que faire ?

> This is the mail system at host mta.example.net.
>
> I'm sorry to have to inform you that your message could not
> be delivered to one or more recipients.
>
> <paul.durand@orange.example>: host smtp-in.orange.example said: 550 5.1.1 user unknown
"""


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Re: Vélo", QUOTED),
        ("Re: Undelivered Mail Returned to Sender", QUOTED),
        ("TR: Undelivered Mail Returned to Sender", QUOTED),
        ("Fwd: Message non remis", QUOTED.replace("> ", "")),
        ("Re: Vélo", "Votre message n’a pas pu être remis à luc@free.example, réessayez."),
        ("Courrier", "Mon colis n’a pas pu être livré, écrivez à luc@free.example"),
        ("Échec de la livraison", "Le colis n’a pas pu être livré, écrivez à luc@free.example."),
        ("Livraison", "L’adresse luc@free.example n’existe pas, voici la bonne."),
    ],
)
def test_a_person_who_speaks_of_a_bounce_is_a_person(subject: str, text: str) -> None:
    """An answer that quotes, forwards or tells of a bounce is a reply."""
    mail = f"From: Paul <paul@free.example>\nTo: r-abc@relais.example\nSubject: {subject}\n"
    mail += f"Content-Type: text/plain; charset=utf-8\n\n{text}"
    assert isinstance(read(mail.encode()), Reply)


def test_a_bounce_that_a_person_forwards_as_a_file_is_a_reply() -> None:
    """A report within a mail within a person's mail says nothing of our own mail."""
    inner = stored("bounces/own", "postfix_unknown.eml")
    mail = (
        b"From: Paul <paul@free.example>\nSubject: Que faire ?\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/mixed; boundary=p\n\n--p\nContent-Type: text/plain\n\n"
        b"Bonjour, voyez le fichier joint.\n--p\nContent-Type: message/rfc822\n\n"
    )
    assert isinstance(read(mail + inner + b"\n--p--\n"), Reply)


def test_an_absence_from_the_null_sender_is_no_bounce() -> None:
    """An absence note that names a stand-in suppresses nobody."""
    mail = (
        "Return-Path: <>\nFrom: Paul <paul@free.example>\nSubject: Absence du bureau\n"
        "Content-Type: text/plain; charset=utf-8\n\n"
        "Cette adresse n’existe plus, écrivez à luc@free.example.\n"
    )
    assert not isinstance(read(mail.encode()), Bounce)


def test_the_remote_servers_words_are_kept() -> None:
    """R7: the diagnostic is there for whoever tells a policy block from a dead address."""
    found = read(stored("bounces/own", "office365_french.eml"))
    assert isinstance(found, Bounce)
    assert found.failures[0].diagnostic.startswith("550 5.7.133 RESOLVER.RST.SenderNotAuth")


def test_of_several_recipients_the_failed_ones_count() -> None:
    """One failure makes a bounce a failure; who is only delayed is not in it."""
    found = read(stored("bounces/own", "postfix_two_recipients.eml"))
    assert isinstance(found, Bounce)
    assert found.verdict is BounceClass.FAILED
    assert addresses(found) == {"a.martin@sfr.example", "c.roux@sfr.example"}
