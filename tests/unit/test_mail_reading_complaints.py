"""Complaints of providers tell who complained of what, and no person's mail is one."""

import pytest

from relay.mail import read
from relay.mail.reading.values import Complaint
from tests.unit.mail_files import expected, stored

COMPLAINTS = expected("complaints")


@pytest.mark.parametrize("name", COMPLAINTS)
def test_complaints_are_read(name: str) -> None:
    """R7: kind, who complained and the original's id, of ARF and of older loops."""
    found = read(stored("complaints", name))
    assert isinstance(found, Complaint)
    assert {
        "kind": found.kind,
        "recipients": list(found.recipients),
        "original_id": found.original_id,
    } == COMPLAINTS[name]


@pytest.mark.parametrize(
    ("sender", "subject"),
    [
        ("paul@free.example", "Plainte : votre vélo"),
        ("abuse@free.example", "Re: Vélo"),
        ("staff@hotmail.com", "Hello"),
    ],
)
def test_a_person_who_complains_is_a_person(sender: str, subject: str) -> None:
    """A mail sent along with words is no report unless sender and title both say so."""
    mail = (
        f"From: {sender}\nSubject: {subject}\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=p\n\n--p\nContent-Type: text/plain\n\n"
        "Je me plains.\n--p\nContent-Type: message/rfc822\n\n"
        "From: a@b.example\nMessage-ID: <1@b.example>\n\nSpam\n--p--\n"
    )
    assert not isinstance(read(mail.encode()), Complaint)


def test_a_report_of_a_forged_mail_is_no_complaint() -> None:
    """RFC 6591: an authentication failure report is nobody's complaint."""
    mail = stored("complaints", "arf_abuse.eml").replace(
        b"Feedback-Type: abuse", b"Feedback-Type: auth-failure"
    )
    assert not isinstance(read(mail), Complaint)
