"""The leak corpus: what is found before it leaves, what is held for nothing, what passes."""

import io
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from relay.mail.attachments import Allowed, FileKind, clean
from relay.mail.disguises import scrub
from relay.mail.egress import leaks
from relay.mail.forwarded import compose_reply
from relay.mail.reading.values import Attachment
from tests.unit.reply_samples import to_buyer

ROOT = Path(__file__).parents[2]
CORPUS = tomllib.loads((ROOT / "tests/data/leaks/cases.toml").read_text(encoding="utf-8"))
HIDDEN = {f"hidden_{kind}": values for kind, values in CORPUS["hidden"].items()}
NOT_CLAIMED = "known to pass (not claimed)"


@dataclass(frozen=True, slots=True)
class Case:
    """One value in its place, and whether it may leave."""

    group: str
    place: str
    kind: str
    value: str
    leak: bool


CASES = [
    Case(group["name"], group["place"], group.get("kind", ""), value, group["leak"])
    for group in CORPUS["group"]
    for value in group["values"]
]


def _picture(form="JPEG", **how):
    file = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(file, form, **how)
    return file.getvalue()


def _exif(words):
    exif = Image.Exif()
    exif[0x010E] = words
    return exif.tobytes()


def _png(words):
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", words)
    return _picture("PNG", pnginfo=info)


def _pdf(words="Bonjour", **more):
    writer = PdfWriter()
    writer.metadata = None
    page = writer.add_blank_page(300, 300)
    drawn = DecodedStreamObject()
    drawn.set_data(f"BT /F1 12 Tf 10 100 Td ({words}) Tj ET".encode())
    page[NameObject("/Contents")] = writer._add_object(drawn)
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    made = DictionaryObject({NameObject(k): NameObject(v) for k, v in font.items()})
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): made})}
    )
    if "author" in more:
        writer.add_metadata({"/Author": more["author"]})
    if "attachment" in more:
        writer.add_attachment("a.vcf", more["attachment"].encode())
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


_RAW_FILES = {
    "exif": lambda words: ("image/jpeg", _picture(exif=_exif(words))),
    "jpeg comment": lambda words: ("image/jpeg", _picture(comment=words.encode())),
    "jpeg tail": lambda words: ("image/jpeg", _picture() + words.encode()),
    "png text": lambda words: ("image/png", _png(words)),
    "png tail": lambda words: ("image/png", _picture("PNG") + words.encode()),
    "pdf words": lambda words: ("application/pdf", _pdf(words)),
    "pdf author": lambda words: ("application/pdf", _pdf(author=words)),
    "pdf attachment": lambda words: ("application/pdf", _pdf(attachment=words)),
    "name": lambda words: ("image/jpeg", _bare("jpeg")[1]),
    "type": lambda words: (words, b"x"),
}
_ENDING = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}


def _bare(form):
    """Return a file made anew, as it would leave."""
    came = {"jpeg": _picture(exif=_exif("x")), "png": _png("x"), "pdf": _pdf(author="x")}[form]
    allowed = Allowed(files=frozenset(FileKind))
    [file] = clean([Attachment("a", "b", came)], allowed=allowed).files
    return file.kind, file.content


def _mail_with_file(value):
    what, _, words = value.partition(": ")
    kind, data = _bare(words) if what == "clean" else _RAW_FILES[what](words)
    name = words if what == "name" else f"photo-1.{_ENDING.get(kind, 'jpg')}"
    return (
        b"From: x@relais.example\r\nSubject: Re\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="=_d"\r\n\r\n--=_d\r\n'
        b"Content-Type: text/plain; charset=utf-8\r\n\r\nBonjour\r\n--=_d\r\n"
        + f'Content-Type: {kind}\r\nContent-Disposition: attachment; filename="{name}"\r\n'.encode()
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + _base64(data)
        + b"\r\n--=_d--\r\n"
    )


def _base64(data):
    mail = EmailMessage()
    mail.set_content(data, "application", "octet-stream")
    return mail.get_payload().replace("\n", "\r\n").encode()


def _mail(case):
    """Return the finished bytes with the value of *case* in its place."""
    if case.place == "text":
        return compose_reply(to_buyer(text=case.value)).content
    if case.place == "fields":
        field, _, value = case.value.partition(": ")
        return compose_reply(to_buyer(**{field: value})).content
    if case.place == "file":
        return _mail_with_file(case.value)
    mail = EmailMessage()
    mail["From"] = "Camille <r-x@relais.example>"
    mail.set_content("Bonjour")
    mail.add_alternative(case.value, subtype="html")
    return mail.as_bytes(policy=SMTP)


def _is_stopped(case):
    try:
        return bool(leaks(_mail(case), **HIDDEN))
    except ValueError:
        return True  # not of the kind the relay writes: held


@cache
def results():
    """Return each case and whether its mail was stopped."""
    return {case: _is_stopped(case) for case in CASES}


def table() -> Iterator[str]:
    """Yield the lines of the table in docs/leaks.md."""
    yield "| group | cases | stopped |"
    yield "|---|---:|---:|"
    for name in dict.fromkeys(case.group for case in CASES):
        rows = [stopped for case, stopped in results().items() if case.group == name]
        yield f"| {name} | {len(rows)} | {sum(rows)} |"
    claimed = [s for case, s in results().items() if case.leak and case.group != NOT_CLAIMED]
    everything = [s for case, s in results().items() if case.leak]
    harmless = [s for case, s in results().items() if not case.leak]
    yield f"| **recall, claimed disguises** | {len(claimed)} | {sum(claimed) / len(claimed):.3f} |"
    yield f"| **recall, all** | {len(everything)} | {sum(everything) / len(everything):.3f} |"
    yield f"| **held for nothing** | {len(harmless)} | {sum(harmless)} |"


def test_corpus_is_large_enough():
    """Issue 4 item 5: at least 120 cases, at least 40 of them harmless."""
    assert len(set(CASES)) >= 120
    assert sum(not case.leak for case in CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.group}-{case.value[:40]}")
def test_case(case):
    """R1, R2: what is hidden is stopped in every claimed disguise, what is harmless leaves."""
    assert results()[case] is (case.leak and case.group != NOT_CLAIMED)


def test_table_in_the_docs_is_the_one_measured():
    """The published score is this run's score."""
    printed = "\n".join(table())
    print(printed)
    assert printed in (ROOT / "docs/leaks.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "case",
    [
        case
        for case in CASES
        if case.leak and case.place == "text" and case.kind in ("address", "token")
    ],
    ids=lambda case: case.value[:40],
)
def test_what_is_scrubbed_then_leaves(case):
    """Issue 4 item 5: what is found is masked if it can be; what cannot be is held."""
    scrubbed = scrub(
        case.value,
        addresses=CORPUS["hidden"]["addresses"],
        tokens=CORPUS["hidden"]["tokens"],
        sign="[adresse masquée]",
    )
    stopped = _is_stopped(Case("", "text", "", scrubbed, leak=False))
    assert "[adresse masquée]" in scrubbed or stopped
    assert not ("[adresse masquée]" in scrubbed and stopped)


_LOOKS = {
    "a": "aAаàⓐᴀａ",
    "e": "eEеéｅ",
    "o": "oOоο0ｏ",
    "c": "cCсⓒ",
    "r": "rR",
    "n": "nNñ",
    "i": "iI1",
}
_BETWEEN = st.sampled_from(
    ["", "", "", " ", "\u200b", "\u00ad", "\n", "-", "\u2060", "_", "*", "…"]
)
_AT = st.sampled_from(
    ["@", " @ ", "(at)", "[arobase]", " arobase ", "＠", "%40", "&#64;", "(a)", " chez "]
)
_DOT = st.sampled_from([".", " . ", " point ", "[dot]", "(point)", " dot ", "%2E", "．"])


@st.composite
def _disguised(draw):
    """Draw the hidden address with every sign in a look of its own."""

    def word(letters):
        looks = [draw(st.sampled_from(_LOOKS.get(letter, letter))) for letter in letters]
        return draw(_BETWEEN).join(looks)

    local = draw(_DOT).join((word("marc"), word("durand")))
    return local + draw(_AT) + draw(_DOT).join((word("orange"), word("example")))


@settings(deadline=None, max_examples=200)
@given(_disguised())
def test_any_mixture_of_disguises_is_found(written):
    """R1: looks, signs between, and words for @ and dots, mixed as nobody wrote them down."""
    content = compose_reply(to_buyer(text=f"Bonjour, {written} merci")).content
    assert leaks(content, **HIDDEN)
