"""Programs that answer are told from people, and no person is taken for one."""

import pytest

from relay.mail import read
from relay.mail.reading.values import AutoReply, Reply
from tests.unit.mail_files import MAILS, sample_mail, samples

SAMPLES = samples()
PROGRAMS = [name for name, one in SAMPLES.items() if one["automatic"]]
PEOPLE = [name for name, one in SAMPLES.items() if not one["automatic"]]
REPLIES = sorted(path.name for path in (MAILS / "replies").glob("*.eml"))


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_are_recognised(name: str) -> None:
    """A11, R8: by header, title or first words, in six languages."""
    assert isinstance(read(sample_mail(SAMPLES[name])), AutoReply)


@pytest.mark.parametrize("name", PEOPLE)
def test_people_are_people(name: str) -> None:
    """A11: somebody who is absent, sells an automatic car or quotes a program is a person."""
    assert isinstance(read(sample_mail(SAMPLES[name])), Reply)


@pytest.mark.parametrize("name", REPLIES)
def test_answers_written_in_mail_programs_are_people(name: str) -> None:
    """A11: no stored human answer is taken for a program's, a bounce or a complaint."""
    assert isinstance(read((MAILS / "replies" / name).read_bytes()), Reply)


def test_the_samples_are_enough() -> None:
    """At least sixty of each, programs in four languages or more."""
    languages = {SAMPLES[name]["lang"] for name in PROGRAMS}
    assert len(PROGRAMS) >= 60
    assert len(PEOPLE) >= 60
    assert len(languages) >= 4


def test_the_words_of_a_program_are_kept() -> None:
    """What the program wrote can be passed on once, marked as automatic."""
    found = read(sample_mail(SAMPLES["auto_fr_outlook_title"]))
    assert isinstance(found, AutoReply)
    assert found.text == "Je suis absent jusqu’au 17 août."


def test_the_null_sender_is_never_a_person() -> None:
    """RFC 5321 4.5.5: what the last server marks with an empty return path is automatic."""
    mail = b"Return-Path: <>\r\n" + sample_mail(SAMPLES["person_court_ok"])
    assert isinstance(read(mail), AutoReply)


def test_an_empty_return_path_further_down_is_not_the_last_servers() -> None:
    """Only the first such field counts, which our own server wrote."""
    mail = b"Return-Path: <p@free.example>\r\nReturn-Path: <>\r\n"
    assert isinstance(read(mail + sample_mail(SAMPLES["person_court_ok"])), Reply)


def test_a_read_receipt_is_automatic() -> None:
    """RFC 8098: a disposition notification is no answer and no bounce."""
    mail = (
        b"From: paul@free.example\nSubject: Lu : Velo\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n"
        b"--b\nContent-Type: text/plain\n\nVotre message a ete lu.\n"
        b"--b\nContent-Type: message/disposition-notification\n\n"
        b"Final-Recipient: rfc822; paul@free.example\n"
        b"Disposition: manual-action/MDN-sent-manually; displayed\n--b--\n"
    )
    assert isinstance(read(mail), AutoReply)
