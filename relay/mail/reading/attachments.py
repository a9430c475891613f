"""The files of a mail, and the kinds of parts that are never passed on."""

from email.message import Message

from relay.mail.reading.parameters import parameter
from relay.mail.reading.values import Attachment

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


def attachment_of(part: Message) -> Attachment:
    """Return a part as a file, with its sender's name for it.

    Source: RFC 2183 2.3, RFC 2231.
    """
    content = part.get_payload(decode=True)
    return Attachment(
        name=file_name(part),
        kind=part.get_content_type(),
        content=content if isinstance(content, bytes) else b"",
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
    """Return the declared name of a part, decoded and on one line, or ``""``."""
    name = parameter(part, "content-disposition", "filename")
    return (name or parameter(part, "content-type", "name"))[:_LONGEST_NAME]
