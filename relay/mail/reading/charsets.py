"""Bytes of a text part to text, whatever its label says."""

import codecs
import quopri
import re
import unicodedata

# What mail programs declare in earnest. utf-7 is left out on purpose: it hides words from
# whoever reads the bytes (A14); so are the codecs of Python that are no charsets at all.
_KNOWN = frozenset(
    """
    ascii utf-8 utf-8-sig utf-16 utf-16-le utf-16-be utf-32 iso8859-1 iso8859-2 iso8859-3
    iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-10 iso8859-11 iso8859-13
    iso8859-14 iso8859-15 iso8859-16 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257
    cp1258 cp437 cp850 cp858 koi8-r koi8-u mac-roman gb2312 gbk gb18030 big5 shift_jis euc_jp
    iso2022_jp euc_kr cp949 cp932 tis-620
    """.split()
)
# Their bytes are all below 128, or none of them is UTF-8 by its look: the label decides first.
_STATEFUL = frozenset({"utf-16", "utf-16-le", "utf-16-be", "utf-32", "iso2022_jp"})
_BYTE_ORDER = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Where ISO 8859 has control signs nobody sends, Windows has quotes, dashes and the euro.
_WESTERN = frozenset({"ascii", "iso8859-1", "iso8859-15"})
_WINDOWS_ONLY = re.compile(rb"[\x80-\x9f]")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_BARE_QUOTED = re.compile(rb"=[CDE][0-9A-F]=[89AB][0-9A-F]")


def decoded(content: bytes, declared: str | None) -> str:
    """Return the text of *content*, NFC, lines ended by LF; what nothing explains is U+FFFD.

    A lying label is the rule rather than the exception: bytes that are UTF-8 are read so, and
    what is declared Latin-1 is read as cp1252, its superset in practice (R12).

    Args:
        content: A text part without its transfer encoding.
        declared: The charset parameter, any text at all.
    """
    return tidy(_decode(content, declared))


def tidy(text: str) -> str:
    """Return *text* NFC, lines ended by LF, without control signs but tab."""
    return unicodedata.normalize("NFC", _CONTROLS.sub("", _LINE_ENDS.sub("\n", text)))


def unquoted(content: bytes, encoding: str) -> bytes:
    """Return *content* without the quoted-printable it does not admit to.

    Some gateways change the label and leave the bytes; only accented UTF-8 gives it away, so
    a web address with ``=20`` in it stays as it is.

    Source: RFC 2045 6.7.
    """
    if encoding == "quoted-printable" or not content.isascii():
        return content
    return quopri.decodestring(content) if _BARE_QUOTED.search(content) else content


def _decode(content: bytes, declared: str | None) -> str:
    for mark, wide in _BYTE_ORDER:
        if content.startswith(mark):
            return content.decode(wide, errors="replace")
    name = _name(declared)
    if name in _STATEFUL:
        return _wide(content, name)
    if name is None or (name in _WESTERN and _WINDOWS_ONLY.search(content)):
        name = "cp1252"
    for guess in ("utf-8", name, "cp1252"):
        try:
            return content.decode(guess)
        except UnicodeDecodeError:
            continue
    return content.decode(name, errors="replace")


def _wide(content: bytes, name: str) -> str:
    """Only bytes with zeros (or escapes) in them are what such a label says."""
    sign = b"\x1b" if name == "iso2022_jp" else b"\x00"
    if sign not in content:
        return _decode(content, None)
    if name == "utf-16":  # no byte order mark: the zeros of plain letters tell
        name = "utf-16-be" if content[:200:2].count(0) > content[1:200:2].count(0) else "utf-16-le"
    return content.decode(name, errors="replace")


def _name(declared: str | None) -> str | None:
    try:
        name = codecs.lookup((declared or "")[:40]).name
    except (LookupError, ValueError):
        return None
    return name if name in _KNOWN else None
