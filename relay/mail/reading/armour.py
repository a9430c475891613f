"""OpenPGP written into the text itself (RFC 9580 6 and 7)."""

import re

_BLOCK = re.compile(
    r"^-----BEGIN PGP (PUBLIC KEY BLOCK|PRIVATE KEY BLOCK|SIGNATURE|MESSAGE)-----$"
    r".*?^-----END PGP \1-----$\n?",
    re.MULTILINE | re.DOTALL,
)
_CLEAR = re.compile(
    r"^-----BEGIN PGP SIGNED MESSAGE-----\n(?:[A-Za-z-]{1,30}: .{0,200}\n)*\n?", re.MULTILINE
)
_MOST = 20  # blocks: an unclosed one is searched to the end of the text
_KINDS = {"SIGNATURE": "signature", "MESSAGE": "encrypted"}


def without_armour(text: str) -> tuple[str, list[str]]:
    """Return *text* without keys, signatures and encrypted blocks, and the kinds taken out.

    Source: RFC 9580 6.2 (armour) and 7 (cleartext signatures, dash-escaped lines).
    """
    if "-----BEGIN PGP " not in text or text.count("-----BEGIN PGP ") > _MOST:
        return text, []
    kinds = [_KINDS.get(block[1], "key") for block in _BLOCK.finditer(text)]
    bare = _BLOCK.sub("", text)
    opened = _CLEAR.sub("", bare)
    if opened != bare:
        opened = re.sub(r"^- ", "", opened, flags=re.MULTILINE)
    return opened, kinds
