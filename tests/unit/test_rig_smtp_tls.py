"""STARTTLS and AUTH of the scripted SMTP server, in their right and wrong forms."""

import ssl
from pathlib import Path

import aiosmtplib
import pytest

from tests.rig.smtp_sink import Certificate, Phase, SmtpSink, cut, inject, reply

MAIL = b"Message-ID: <one@rig.test>\r\n\r\nGood morning.\r\n"
RIGHT = ("relay", "open sesame")


async def send(
    sink: SmtpSink, *, context: ssl.SSLContext, login: tuple[str, str] | None = None
) -> None:
    """Send one mail over STARTTLS, with a log-in when one is given."""
    client = aiosmtplib.SMTP(
        hostname=sink.host, port=sink.port, timeout=2, start_tls=True, tls_context=context
    )
    async with client:
        if login is not None:
            await client.login(*login)
        await client.sendmail("from@rig.test", ["ada@rig.test"], MAIL)


def trust(sink: SmtpSink) -> ssl.SSLContext:
    """Return a client context that trusts the sink's authority."""
    assert sink.authority is not None
    return sink.authority.client_context()


async def test_the_good_certificate_is_accepted(tmp_path: Path) -> None:
    """F27: the mail travels inside TLS when the client trusts the authority."""
    async with SmtpSink(tls_folder=tmp_path) as sink:
        await send(sink, context=trust(sink))
    assert [mail.encrypted for mail in sink.mails] == [True]
    assert b"MAIL" not in sink.connections[0].received_in_clear
    assert b"MAIL" in sink.connections[0].received


@pytest.mark.parametrize(
    ("certificate", "complaint"),
    [
        (Certificate.SELF_SIGNED, "self-signed certificate"),
        (Certificate.EXPIRED, "certificate has expired"),
        (Certificate.WRONG_NAME, "IP address mismatch"),
    ],
)
async def test_a_bad_certificate_is_refused_for_its_own_reason(
    tmp_path: Path, certificate: Certificate, complaint: str
) -> None:
    """F27: each bad certificate fails verification by exactly what is wrong with it."""
    async with SmtpSink(tls_folder=tmp_path, certificate=certificate) as sink:
        with pytest.raises((aiosmtplib.SMTPException, ssl.SSLError)) as raised:
            await send(sink, context=trust(sink))
        await sink.wait_closed(timeout_s=30)
    assert complaint in repr(raised.value.__cause__ or raised.value)
    assert sink.connections[0].closed_by == "client"


async def test_starttls_is_not_offered_without_certificates() -> None:
    """F27: a server without TLS does not offer it, and refuses the command."""
    async with SmtpSink() as sink:
        with pytest.raises(aiosmtplib.SMTPException, match="STARTTLS"):
            await send(sink, context=ssl.create_default_context())


async def test_starttls_can_be_refused_for_now(tmp_path: Path) -> None:
    """F27: STARTTLS offered, then answered 454."""
    async with SmtpSink(tls_folder=tmp_path) as sink:
        sink.behave(Phase.STARTTLS, reply(454, "4.7.0 TLS not available"))
        with pytest.raises(aiosmtplib.SMTPResponseException) as raised:
            await send(sink, context=trust(sink))
    assert raised.value.code == 454


async def test_starttls_can_be_cut(tmp_path: Path) -> None:
    """F27: the server may leave instead of starting TLS."""
    async with SmtpSink(tls_folder=tmp_path) as sink:
        sink.behave(Phase.STARTTLS, cut())
        with pytest.raises(aiosmtplib.SMTPServerDisconnected):
            await send(sink, context=trust(sink))


async def test_plaintext_is_injected_in_clear_behind_the_220(tmp_path: Path) -> None:
    """F27: the injected answer leaves in the packet of the 220, before TLS."""
    async with SmtpSink(tls_folder=tmp_path) as sink:
        sink.behave(Phase.STARTTLS, inject(b"250 AUTH PLAIN\r\n"))
        # This client drops what came in clear (RFC 3207 section 4.2) and goes on inside TLS.
        await send(sink, context=trust(sink))
    chunks = sink.connections[0].chunks
    [injected] = [chunk for chunk in chunks if chunk.data.endswith(b"250 AUTH PLAIN\r\n")]
    assert (injected.data[:4], injected.encrypted) == (b"220 ", False)


async def test_the_right_password_opens_the_way(tmp_path: Path) -> None:
    """F28: AUTH inside TLS with the right password lets the mail pass."""
    async with SmtpSink(tls_folder=tmp_path, credentials=RIGHT) as sink:
        await send(sink, context=trust(sink), login=RIGHT)
    [attempt] = sink.connections[0].auths
    assert (attempt.accepted, attempt.encrypted, len(sink.mails)) == (True, True, 1)


async def test_the_wrong_password_is_answered_535(tmp_path: Path) -> None:
    """F28: AUTH with a wrong password is refused by the code of the RFC."""
    async with SmtpSink(tls_folder=tmp_path, credentials=RIGHT) as sink:
        with pytest.raises(aiosmtplib.SMTPAuthenticationError) as raised:
            await send(sink, context=trust(sink), login=("relay", "wrong"))
    assert raised.value.code == 535


async def test_mail_without_auth_is_refused(tmp_path: Path) -> None:
    """F28: where AUTH is wanted, MAIL before it is answered 530."""
    async with SmtpSink(tls_folder=tmp_path, credentials=RIGHT) as sink:
        with pytest.raises(aiosmtplib.SMTPResponseException) as raised:
            await send(sink, context=trust(sink))
    assert raised.value.code == 530


@pytest.mark.parametrize("method", ["auth_plain", "auth_login"])
async def test_both_mechanisms_read_the_password(method: str) -> None:
    """F28: PLAIN and LOGIN both reach the same check."""
    async with SmtpSink(credentials=RIGHT) as sink:
        client = aiosmtplib.SMTP(hostname=sink.host, port=sink.port, timeout=2, start_tls=False)
        async with client:
            await getattr(client, method)(*RIGHT)
    [attempt] = sink.connections[0].auths
    assert (attempt.username, attempt.password) == RIGHT
