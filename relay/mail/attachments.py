"""What came with a reply: made anew where it can be, left out by name where it cannot.

What a file is, is read from its bytes. The name, the ending and the type it was sent under
decide nothing; they only help to say what was left out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from relay.mail.letters import LeftOut, SafeFile, Unfit
from relay.mail.pictures import remade
from relay.mail.reading.values import Attachment


class FileKind(StrEnum):
    """What may be passed on at all."""

    IMAGE = "image"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a site lets through.

    Args:
        files: Kinds of files.
        most_files: How many in one mail.
        most_bytes: All files of one mail together, as they leave, before base64.
    """

    files: frozenset[FileKind] = frozenset((FileKind.IMAGE,))
    most_files: int = 10
    most_bytes: int = 7_000_000


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What leaves, and the kind of each thing that does not."""

    files: tuple[SafeFile, ...]
    left_out: tuple[LeftOut, ...]


# First bytes, in order; a kind of picture, or what else it is.
_MAGIC: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), kind)
    for pattern, kind in (
        (rb"\xff\xd8\xff", "jpeg"),
        (rb"\x89PNG\r\n\x1a\n", "png"),
        (rb"GIF8[79]a", "gif"),
        (rb"RIFF....WEBP", "webp"),
        (rb"....ftyp(?:heic|heix|hevc|heim|heis|mif1|msf1|avif)", LeftOut.HEIC),
        (rb".{0,1000}%PDF-", LeftOut.PDF),
        (rb"PK\x03\x04.{0,4000}?(?:\[Content_Types\]|mimetypeapplication/vnd)", LeftOut.DOCUMENT),
        (
            rb"PK\x03\x04|PK\x05\x06|\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!|.{257}ustar",
            LeftOut.ARCHIVE,
        ),
        (rb"\x28\xb5\x2f\xfd|MSCF|\x60\xea|.{7}\*\*ACE", LeftOut.ARCHIVE),
        (rb"\xd0\xcf\x11\xe0|\{\\rtf|\x78\x9f\x3e\x22", LeftOut.DOCUMENT),
        (rb"\s*(?:\xef\xbb\xbf)?BEGIN:VCARD", LeftOut.VCARD),
        (rb"\s*(?:\xef\xbb\xbf)?BEGIN:VCALENDAR", LeftOut.CALENDAR),
        (rb"\s*-----BEGIN PGP SIGNATURE", LeftOut.SIGNATURE),
        (rb"\s*-----BEGIN PGP MESSAGE", LeftOut.ENCRYPTED),
        (rb"\s*-----BEGIN [A-Z0-9 ]*(?:KEY|CERTIFICATE)", LeftOut.KEY),
    )
)
# For what the bytes do not tell: the declared type and the name, to find the word only.
_DECLARED: tuple[tuple[re.Pattern[str], LeftOut], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r"pkcs7-signature|pgp-signature|\.p7s$|\.sig$|\.asc$", LeftOut.SIGNATURE),
        (r"pkcs7-mime|pgp-encrypted|\.p7m$|\.gpg$|\.pgp$", LeftOut.ENCRYPTED),
        (r"pgp-keys|pkix-cert|\.(?:key|pem|cer|crt|p12|pfx)$", LeftOut.KEY),
        (r"vcard|\.vcf$", LeftOut.VCARD),
        (r"calendar|\.ics$", LeftOut.CALENDAR),
        (r"message/|\.eml$|\.msg$", LeftOut.MAIL),
        (r"hei[cf]|avif", LeftOut.HEIC),
        (r"zip|compressed|x-tar|gzip|\.(?:rar|7z|tgz|bz2|xz)$", LeftOut.ARCHIVE),
        (
            r"^text/|msword|opendocument|officedocument|ms-excel|\.(?:docx?|xlsx?|odt)$",
            LeftOut.DOCUMENT,
        ),
    )
)
_PICTURES = frozenset(("jpeg", "png", "gif", "webp"))
_NAMES = {"image/jpeg": "photo-{}.jpg", "image/png": "image-{}.png"}
_LOOKED_AT = 4_400  # bytes


def clean(attachments: Sequence[Attachment], *, allowed: Allowed) -> Cleaned:
    """Return the files that may leave, made anew, and the kinds of those that stay behind.

    Memory is bounded by the pixels decoded for one picture at a time (see ``pictures``), time by
    their number. Meant for the limited parser process.

    Args:
        attachments: As they came.
        allowed: What the site lets through.
    """
    files: list[SafeFile] = []
    left_out: list[LeftOut] = []
    room = allowed.most_bytes
    for attachment in attachments:
        try:
            made = _made(attachment, allowed, len(files) + 1)
        except Unfit as unfit:
            left_out.append(unfit.kind)
            continue
        if len(made.content) > room:
            left_out.append(LeftOut.TOO_LARGE)
            continue
        room -= len(made.content)
        files.append(made)
    return Cleaned(tuple(files), tuple(left_out))


def _made(attachment: Attachment, allowed: Allowed, number: int) -> SafeFile:
    """Return the file made anew.

    Raises:
        Unfit: It is to stay behind.
    """
    kind = _sniffed(attachment)
    wanted = FileKind.IMAGE if kind in _PICTURES else FileKind.PDF
    if kind not in _PICTURES and kind != LeftOut.PDF:
        raise Unfit(LeftOut(kind))
    if wanted not in allowed.files:
        raise Unfit(LeftOut.PDF if wanted is FileKind.PDF else LeftOut.OTHER)
    if number > allowed.most_files:
        raise Unfit(LeftOut.TOO_MANY)
    if wanted is FileKind.PDF:
        from relay.mail import pdfs  # noqa: PLC0415  (60 MB and half a second: PDFs are rare)

        return SafeFile(
            f"document-{number}.pdf", "application/pdf", pdfs.remade(attachment.content)
        )
    media_type, content = remade(attachment.content, kind)
    return SafeFile(_NAMES[media_type].format(number), media_type, content)


def _sniffed(attachment: Attachment) -> str:
    """Return the kind of picture, or what else the bytes are."""
    head = attachment.content[:_LOOKED_AT]
    for pattern, kind in _MAGIC:
        if pattern.match(head):
            return kind
    for said in (attachment.kind, attachment.name):
        for named, left_out in _DECLARED:
            if named.search(said):
                return left_out
    return LeftOut.OTHER
