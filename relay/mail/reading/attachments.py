"""The files of a mail, and the kinds of parts that are never passed on."""

import re
from email.message import Message
from urllib.parse import unquote_to_bytes

from relay.mail.reading.charsets import decoded
from relay.mail.reading.values import Attachment
from relay.mail.reading.words import readable

_LONGEST_NAME = 255
_KINDS = {
    "text/vcard": "vcard",
    "text/x-vcard": "vcard",
    "text/directory": "vcard",
    "application/vcard": "vcard",
    "text/calendar": "calendar",
    "application/ics": "calendar",
    "application/pgp-keys": "key",
    "application/pkix-cert": "key",
    "application/x-x509-ca-cert": "key",
    "application/x-x509-user-cert": "key",
    "application/x-pkcs12": "key",
    "application/pgp-signature": "signature",
    "application/pkcs7-signature": "signature",
    "application/x-pkcs7-signature": "signature",
    "application/pgp-encrypted": "encrypted",
    "application/pkcs7-mime": "encrypted",
    "application/x-pkcs7-mime": "encrypted",
}
_ENDINGS = {
    ".vcf": "vcard",
    ".vcard": "vcard",
    ".ics": "calendar",
    ".vcs": "calendar",
    ".key": "key",
    ".p12": "key",
    ".pfx": "key",
    ".p7s": "signature",
    ".sig": "signature",
    ".p7m": "encrypted",
    ".pgp": "encrypted",
    ".gpg": "encrypted",
    ".eml": "mail",
}
# What stands within: ".asc" is the ending of a key, a signature and an encrypted mail alike.
_ARMOUR = (
    (b"-----BEGIN PGP PUBLIC KEY BLOCK-----", "key"),
    (b"-----BEGIN PGP PRIVATE KEY BLOCK-----", "key"),
    (b"-----BEGIN PGP SIGNATURE-----", "signature"),
    (b"-----BEGIN PGP MESSAGE-----", "encrypted"),
    (b"-----BEGIN CERTIFICATE-----", "key"),
    (b"BEGIN:VCARD", "vcard"),
    (b"BEGIN:VCALENDAR", "calendar"),
)
_EXTENDED = re.compile(r"([\w.:-]{0,40})'[^']{0,40}'(.*)", re.DOTALL)


def attachment_of(part: Message) -> Attachment:
    """Return a part as a file, with its sender's name for it.

    Source: RFC 2183 2.3, RFC 2231, RFC 2392 (content id).
    """
    content = part.get_payload(decode=True)
    content_id = str(part.get("Content-ID", "")).strip().strip("<>")[:_LONGEST_NAME]
    return Attachment(
        name=file_name(part),
        kind=part.get_content_type(),
        content=content if isinstance(content, bytes) else b"",
        content_id=content_id or None,
    )


def dropped_kind(part: Message, name: str, content: bytes) -> str | None:
    """Return the word of ``Reply.dropped`` for a part that is never passed on, None otherwise.

    Args:
        part: The part.
        name: Its file name.
        content: Its bytes without transfer encoding.
    """
    kind = part.get_content_type()
    if kind.startswith("message/"):
        return "mail"
    start = content[:400].lstrip().removeprefix(b"\xef\xbb\xbf")
    by_content = next((word for sign, word in _ARMOUR if start.startswith(sign)), None)
    ending = name[name.rfind(".") :].lower() if "." in name else ""
    return _KINDS.get(kind) or by_content or _ENDINGS.get(ending)


def file_name(part: Message) -> str:
    """Return the declared name of a part, decoded whichever way it was written, or ``""``.

    Programs write RFC 2231, the encoded words RFC 2047 forbids there, or plain 8-bit bytes.
    """
    name = _parameter(part, "filename", "content-disposition") or _parameter(
        part, "name", "content-type"
    )
    return name[:_LONGEST_NAME]


def _parameter(part: Message, name: str, header: str) -> str:
    try:
        found = part.get_param(name, "", header=header)
    except (ValueError, IndexError, TypeError):  # the standard parser's own faults
        return ""
    if isinstance(found, tuple):
        charset, _, value = found
        return readable(decoded(value.encode("latin-1", errors="replace"), charset))
    extended = _EXTENDED.fullmatch(found)
    if extended is not None and "%" in extended[2]:  # filename="utf-8''...", in quotes
        return readable(decoded(unquote_to_bytes(extended[2]), extended[1]))
    return readable(found)
