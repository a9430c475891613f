"""An HTML body as lines that know whether they are quoted.

Written here rather than left to a converter: what matters is which element a line came from,
and no converter says so.
"""

import re
from itertools import islice

from lxml import etree  # type: ignore[import-untyped]  # it comes without types

from relay.mail.reading.html_marks import Mark, marks_of
from relay.mail.reading.lines import Line

_BLANKS = re.compile(r"[ \t\n\f]+")
_TAGS = re.compile(r"<[^<>]{0,2000}>")
_BLOCKS = frozenset(
    """
    address article aside blockquote body center dd div dl dt fieldset figure footer form h1 h2 h3
    h4 h5 h6 header hr li main nav ol p pre section table tbody tfoot thead tr ul
    """.split()
)
_APART = frozenset("blockquote dl h1 h2 h3 h4 h5 h6 ol p pre table ul".split())
_TIGHT = re.compile(r"margin(?:-top|-bottom)?\s*:\s*0", re.IGNORECASE)
_LONGEST_EMOJI = 12
_MOST_IN_ROW, _LONGEST_ROW = 40, 240  # pieces of text, signs
_GAP = re.compile(" ?\x1f ?")
_CELL = "\x1f"  # between two cells of a row


def lines_of_html(text: str) -> list[Line]:
    """Return what a person sees of an HTML body, line by line.

    Args:
        text: The body, as text; anything at all.
    """
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, no_network=True
    )
    root = etree.fromstring(text.encode(), parser)
    if root is None or any("depth" in error.message for error in parser.error_log):
        # Nested thousands deep, which nobody writes: the words are kept, the quotes unknown.
        return [Line(line.strip()) for line in _TAGS.sub("\n", text).split("\n") if line.strip()]
    return _Walk().lines_of(root)


class _Walk:
    """One pass over the elements, in the mail's order."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._words: list[str] = []
        self._lead = ""  # what stands before the first words of a list's item
        self._apart = False  # a blank line is due before the next words
        self._marks: list[Mark] = []  # of the open elements
        self._depth = self._signed = self._kept = self._rows = 0
        self._lists: list[int] = []  # the next number of each open list, 0 for one of bullets

    def lines_of(self, root: etree._Element) -> list[Line]:
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            if event == "start":
                self._marks.append(marks_of(element))
                self._enter(element, self._marks[-1])
                if Mark.HIDDEN in self._marks[-1]:
                    walk.skip_subtree()
            else:
                self._leave(element, self._marks.pop())
                self._say(element.tail)
        self._end_line()
        return self._lines

    def _enter(self, element: etree._Element, mark: Mark) -> None:
        if Mark.HIDDEN in mark:
            return
        self._edge(element)
        self._rows += _is_row(element)
        if Mark.BEGINS in mark:
            self._lines.append(Line("", self._depth, begins=True))
        self._depth += Mark.QUOTED in mark
        self._signed += Mark.SIGNED in mark
        self._kept += element.tag == "pre"
        self._open(element)
        self._say(element.text)

    def _open(self, element: etree._Element) -> None:
        match element.tag:
            case "br":
                self._end_line(always=True)
            case "img":
                self._say(_emoji(element))
            case "td" | "th" if self._words:
                self._words.append(_CELL)
            case "ul" | "ol":
                self._lists.append(int(element.tag == "ol"))
            case "li":
                self._lead = self._bullet()

    def _leave(self, element: etree._Element, mark: Mark) -> None:
        if Mark.HIDDEN in mark:
            return
        if element.tag == "a":
            self._say(_target(element))
        self._edge(element)
        if element.tag in ("ul", "ol"):
            self._lists.pop()
        self._rows -= _is_row(element)
        self._kept -= element.tag == "pre"
        self._depth -= Mark.QUOTED in mark
        self._signed -= Mark.SIGNED in mark

    def _edge(self, element: etree._Element) -> None:
        if self._rows and element.tag not in ("tr", "table"):
            self._words.append(" ")  # a row of short cells is one line
        elif element.tag in _BLOCKS:
            self._end_line()
            self._apart = self._apart or _stands_apart(element)

    def _bullet(self) -> str:
        indent = "  " * (len(self._lists) - 1)
        if not self._lists or not self._lists[-1]:
            return f"{indent}- "
        self._lists[-1] += 1
        return f"{indent}{self._lists[-1] - 1}. "

    def _say(self, words: str | None) -> None:
        if not self._kept:
            self._words.append(words or "")
            return
        for number, line in enumerate((words or "").split("\n")):
            if number:
                self._end_line(always=True)
            self._words.append(line)

    def _end_line(self, *, always: bool = False) -> None:
        said = words = "".join(self._words)
        self._words.clear()
        if not self._kept:
            words = _BLANKS.sub(" ", words).strip()
        line = self._line(_GAP.sub("  ", words).rstrip())
        before = self._lines[-1] if self._lines else None
        if line.is_blank:
            # A no-break space stands for an empty paragraph in Outlook's HTML.
            if (always or "\u00a0" in said) and before is not None and not before.is_blank:
                self._lines.append(line)
            return
        if self._apart and before is not None and not before.is_blank:
            self._lines.append(self._line(""))
        self._lines.append(self._line(self._lead + line.words))
        self._apart, self._lead = False, ""

    def _line(self, words: str) -> Line:
        return Line(words, self._depth, self._depth > 0, signed=self._signed > 0)


def _is_row(element: etree._Element) -> bool:
    """A row of a table of data; a whole mail may stand in a cell too."""
    if element.tag != "tr" or len(element) == 1 or element.find(".//table") is not None:
        return False
    said = list(islice(element.itertext(), _MOST_IN_ROW))
    return len(said) < _MOST_IN_ROW and sum(map(len, said)) <= _LONGEST_ROW


def _stands_apart(element: etree._Element) -> bool:
    """Whether a blank line is seen around it; Outlook's paragraphs are lines."""
    tight = "MsoNormal" in element.get("class", "").split() or _TIGHT.search(
        element.get("style", "")
    )
    return element.tag in _APART and not tight


def _emoji(image: etree._Element) -> str:
    """The sign some programs send as a picture."""
    said = image.get("alt", "")
    pictured = 0 < len(said) <= _LONGEST_EMOJI and not any(sign.isalnum() for sign in said)
    return said if pictured else ""


def _target(link: etree._Element) -> str:
    """Where a link leads, when the words of it do not say so themselves."""
    address, said = link.get("href", "").strip(), "".join(link.itertext()).strip()
    if not address.startswith(("http://", "https://")) or not said or "." in said:
        return ""
    return f" <{address}>"
