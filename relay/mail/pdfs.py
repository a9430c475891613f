"""PDFs: written anew with their pages only, and their words.

For the limited parser process: pypdf is slow, and what it reads is hostile.

Source: ISO 32000-1, 7.7.3 (pages), 12.5 and 12.6 (annotations, actions), 14.3 (metadata).
"""

import io
from collections.abc import Collection, Iterator
from typing import TypeGuard

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.filters import decode_stream_data
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, StreamObject

from relay.mail.bare import without_metadata
from relay.mail.letters import LeftOut, Unfit

_MOST_PAGES = 20
_MOST_OBJECTS = 20_000
_MOST_BYTES = 10_000_000
# A page is made of these; links, forms, scripts, notes and files hang from other keys.
_PAGE_KEYS = frozenset(
    "/Type /Parent /MediaBox /CropBox /Rotate /Resources /Contents /UserUnit /Group".split()
)
_DROPPED = frozenset(
    "/Metadata /PieceInfo /AA /A /JS /OpenAction /AF /EF /EmbeddedFiles /Names /Annots /Info "
    "/LastModified /Thumb /StructParent /StructParents /OC /Properties /Alternates /Ref /PS".split()
)
# pypdf given broken bytes raises nearly anything.
_BROKEN = (
    PyPdfError, OSError, ValueError, TypeError, KeyError, IndexError, AttributeError,
    AssertionError, ArithmeticError, RuntimeError, MemoryError, NotImplementedError,
)  # fmt: skip


def remade(content: bytes) -> bytes:
    """Return a new PDF that holds the pages of *content*: what is drawn, and nothing else.

    Raises:
        Unfit: It is encrypted, has too many pages or objects, or cannot be read.
    """
    if len(content) > _MOST_BYTES:
        raise Unfit(LeftOut.TOO_LARGE)
    try:
        return _remade(content)
    except _BROKEN as error:
        raise Unfit(LeftOut.UNREADABLE) from error


def texts(content: bytes) -> list[str]:
    """Return the words of each page.

    Raises:
        ValueError: It bears more than pages, or cannot be read: such a file is not to leave.
    """
    try:
        reader = PdfReader(io.BytesIO(content))
        root = reader.root_object
        extra = set(reader.trailer) - {"/Root", "/Size"} or set(root) - {"/Type", "/Pages"}
        if extra or any(_extra(node) for page in reader.pages for node in _nodes(page)):
            raise ValueError("a PDF the relay does not write")
        return [page.extract_text() for page in reader.pages]
    except _BROKEN as error:
        raise ValueError("a PDF that cannot be read") from error


def _remade(content: bytes) -> bytes:
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted:
        raise Unfit(LeftOut.ENCRYPTED)
    if len(reader.pages) > _MOST_PAGES:
        raise Unfit(LeftOut.TOO_LARGE)
    writer = PdfWriter()
    writer.metadata = None
    for page in reader.pages:
        _strip(page, _extra_of_page(page))
        for node in _nodes(page):  # before copying: what is copied is written, linked or not
            _strip(node, _DROPPED & node.keys())
            _strip_picture(node)
        writer.add_page(page)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def _nodes(page: DictionaryObject) -> Iterator[DictionaryObject]:
    """Yield each dictionary below *page* once, the page first.

    Raises:
        Unfit: There are too many.
    """
    seen: set[int] = set()
    stack: list[object] = [page]
    while stack:
        node = stack.pop()
        if isinstance(node, IndirectObject):
            node = node.get_object()
        if not isinstance(node, DictionaryObject | ArrayObject) or id(node) in seen:
            continue
        seen.add(id(node))
        if len(seen) > _MOST_OBJECTS:
            raise Unfit(LeftOut.TOO_LARGE)
        if isinstance(node, DictionaryObject):
            yield node
            stack += [value for key, value in node.items() if key != "/Parent"]
        else:
            stack += node


def _extra_of_page(page: DictionaryObject) -> set[str]:
    return set(page) - _PAGE_KEYS


def _extra(node: DictionaryObject) -> bool:
    if node.get("/Type") == "/Page" and _extra_of_page(node):
        return True
    return bool(_DROPPED & node.keys()) or (
        _is_jpeg(node) and (len(_filters(node)) > 1 or without_metadata(node._data) != node._data)  # noqa: SLF001  (as below)
    )


def _strip(node: DictionaryObject, keys: Collection[str]) -> None:
    for key in keys:
        del node[key]


def _is_jpeg(node: DictionaryObject) -> TypeGuard[StreamObject]:
    return isinstance(node, StreamObject) and "/DCTDecode" in _filters(node)


def _filters(node: DictionaryObject) -> list[object]:
    """Return the names of what a stream is packed in, the outermost first (ISO 32000-1, 7.4)."""
    named = node.get("/Filter", ArrayObject()).get_object()
    return [one.get_object() for one in named] if isinstance(named, ArrayObject) else [named]


def _strip_picture(node: DictionaryObject) -> None:
    """Take place and device out of a JPEG, whatever it is packed in besides.

    pypdf has no public way to put one back.
    """
    if _is_jpeg(node):
        node._data = without_metadata(decode_stream_data(node))  # noqa: SLF001
        node[NameObject("/Filter")] = NameObject("/DCTDecode")
        _strip(node, {"/DecodeParms"} & node.keys())
