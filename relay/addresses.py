"""The addresses the relay makes: aliases, signed bounce addresses, message ids.

An address or an id made here fits RFC 5321 4.5.3.1.1 (local part at most 64 octets) and
survives a server that changes the case of a local part.
"""

import base64
import hmac
import re
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

_RANDOM_BYTES = range(16, 39)  # at least 128 bits; 38 bytes and the prefix make 63 signs
_ADDRESS_MAX = 254  # RFC 5321 4.5.3.1.3 less the angle brackets

ALIAS_OUTLIVES = timedelta(days=30)  # the end of its listing

_EPOCH = date(2020, 1, 1)
_MAC_BYTES = 12  # 16 (id) + 2 (day) + 12 = 30 bytes: base32 without spare bits, one spelling each
_PURPOSE = b"relay bounce address 1\0"
_HOP = b"hop\0"
_MESSAGE_ID = re.compile(r"<msg_([a-z2-7]{26})@([a-z0-9.-]+)>")
_PROBE = b"probe\0"
_SIGNED = re.compile(r"[a-z2-7]{45}")
_BOUNCE = re.compile(r"b-([a-z2-7]{48})")
# Printable ASCII without what ends an address or a header: no quoted local part, no literal.
_ADDRESS = re.compile(r"[!#-'*+\-./0-9=?A-Z^_`a-z{|}~]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,252})")


def new_local_part(randomness: bytes) -> str:
    """Return the local part of a new alias, ``r-`` and base32 in lower case.

    Args:
        randomness: 16 to 38 bytes from the operating system's source.

    Raises:
        ValueError: Fewer than 128 bits, or more than a local part can hold.
    """
    if len(randomness) not in _RANDOM_BYTES:
        raise ValueError("an alias needs 16 to 38 random bytes")
    return "r-" + _base32(randomness)


def bounce_address(mail_id: UUID, *, domain: str, keys: Sequence[bytes], expires_on: date) -> str:
    """Return the envelope sender that names the mail it was sent with (VERP), signed.

    Args:
        mail_id: The mail a bounce will speak of.
        domain: Where the relay takes mail.
        keys: Secrets of at least 32 bytes, the newest first; the first one signs.
        expires_on: Last day the address is read.

    Source: RFC 5321 4.5.3.1.1; RFC 2104; HMAC truncated to 96 bits as in RFC 4868's floor.
    """
    days = (expires_on - _EPOCH).days.to_bytes(2, "big")
    payload = mail_id.bytes + days
    return plain_address(f"b-{_base32(payload + _sign(payload, keys[0]))}@{domain}")


def read_bounce_address(local_part: str, *, keys: Sequence[bytes], today: date) -> UUID | None:
    """Return the mail a bounce address names, None when it is foreign, altered or expired.

    Args:
        local_part: What stands before the @, in any case, any text at all.
        keys: Secrets, any of which may have signed.
        today: The day to compare the end with.
    """
    # isascii first: lower() turns the Kelvin sign into a plain k.
    found = _BOUNCE.fullmatch(local_part.lower()) if local_part.isascii() else None
    if found is None:
        return None
    token = base64.b32decode(found[1].upper())
    payload, mac = token[:-_MAC_BYTES], token[-_MAC_BYTES:]
    genuine = [hmac.compare_digest(_sign(payload, key), mac) for key in keys]
    expires_on = _EPOCH + timedelta(days=int.from_bytes(payload[16:], "big"))
    return UUID(bytes=payload[:16]) if any(genuine) and today <= expires_on else None


def message_id_for(mail_id: UUID, domain: str) -> str:
    """Return the Message-ID of a mail, the same on every attempt, with its angle brackets.

    Source: RFC 5322 3.6.4.
    """
    return f"<{plain_address(f'msg_{_base32(mail_id.bytes)}@{domain}')}>"


def read_message_id(message_id: str, domain: str) -> UUID | None:
    """Return the mail a Message-ID of this relay names, None for any other."""
    found = _MESSAGE_ID.fullmatch(message_id.strip().lower()) if message_id.isascii() else None
    if found is None or found[2] != domain:
        return None
    return UUID(bytes=base64.b32decode(found[1].upper() + "======"))


def hop_mark(mail_id: UUID, keys: Sequence[bytes]) -> str:
    """Return the value of our own hop header, signed: who sees it has its own mail before it.

    Source: RFC 5321 6.3 (loops); the sign is that of a bounce address, for another purpose.
    """
    return _base32(mail_id.bytes + _sign(_HOP + mail_id.bytes, keys[0]))


def is_hop_mark(mark: str, keys: Sequence[bytes]) -> bool:
    """Tell whether *mark* is one that this relay put on a mail."""
    return _read_signed(mark.strip(), _HOP, keys) is not None


def _read_signed(text: str, purpose: bytes, keys: Sequence[bytes]) -> bytes | None:
    """Return the sixteen bytes that *text* names, when one of *keys* signed them."""
    found = _SIGNED.fullmatch(text.lower()) if text.isascii() else None
    if found is None:
        return None
    token = base64.b32decode(found[0].upper() + "===")
    named, mac = token[:-_MAC_BYTES], token[-_MAC_BYTES:]
    genuine = [hmac.compare_digest(_sign(purpose + named, key), mac) for key in keys]
    return named if any(genuine) else None


def probe_address(probe_id: UUID, *, domain: str, keys: Sequence[bytes]) -> str:
    """Return the address at which the relay waits for a mail of its own, signed.

    Args:
        probe_id: A UUIDv7: whoever reads the address back judges its age.
    """
    return plain_address(
        f"p-{_base32(probe_id.bytes + _sign(_PROBE + probe_id.bytes, keys[0]))}@{domain}"
    )


def read_probe_address(local_part: str, *, keys: Sequence[bytes]) -> UUID | None:
    """Return the probe an address names, None when it is foreign or altered."""
    if not local_part.lower().startswith("p-"):
        return None
    named = _read_signed(local_part[2:], _PROBE, keys)
    return UUID(bytes=named) if named else None


def plain_address(address: str) -> str:
    """Return *address* unchanged when it can stand in an envelope and a header as it is.

    SMTP libraries cut an address silently at a line end or ``>``; here nothing is cut.

    Raises:
        ValueError: It holds CR, LF, a space, ``<``, ``>``, a quote or a sign outside ASCII,
            or is no ``local@domain`` within the limits of RFC 5321 4.5.3.1.
    """
    if _ADDRESS.fullmatch(address) is None or len(address) > _ADDRESS_MAX:
        raise ValueError("not a plain address")
    return address


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()


def _sign(payload: bytes, key: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + payload, "sha256")[:_MAC_BYTES]
