"""Templates rendered once per shape, with slots left open for what differs from mail to mail.

Jinja would render, and the encoder would encode, the same sentences again for every mail; a
form keeps them ready between its slots. What fills a slot of an HTML form is escaped here, at
the only place that fills it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from relay.mail import mime

# Around the name of a slot; no template holds a NUL.
_MARK = "\0"


@dataclass(frozen=True, slots=True)
class Form:
    """Ready texts and the slots between them: one more text than slots.

    Args:
        texts: What stands before, between and after the slots.
        encoded: The same in quoted-printable.
        slots: Names of the values.
        subtype: ``plain`` or ``html``.
    """

    texts: tuple[str, ...]
    encoded: tuple[bytes, ...]
    slots: tuple[str, ...]
    subtype: str

    def part(self, values: Mapping[str, str]) -> bytes:
        """Return the filled form as a MIME part with its own header.

        Args:
            values: Slot names and plain text, LF line ends; more names than slots may be given.

        Raises:
            KeyError: A slot has no value.
        """
        filled = [values[name] for name in self.slots]
        if self.subtype == "html":
            filled = [escape(value).replace("\n", "<br>\n") for value in filled]
        return mime.part(self.subtype, self.texts, self.encoded, filled)


class _Slot(str):
    """The open place of one value; left as it is by autoescape."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


class _Slots:
    """Stands for the values in a template: any name is a slot."""

    def __getattr__(self, name: str) -> _Slot:
        return _Slot(_MARK + name + _MARK)


def form(file: str, **shape: object) -> Form:
    """Return the template *file* as a form.

    Args:
        file: Name below ``templates/mail``; one ending in ``.html`` is escaped.
        shape: What the template needs to know beforehand: sentences, and which lines stand.
    """
    is_html = file.endswith(".html")
    template = _environment().get_template(file)
    pieces = template.render(shape, slot=_Slots()).split(_MARK)
    texts = tuple(pieces[0::2])
    encoded = tuple(mime.quoted_printable(text) for text in texts)
    return Form(texts, encoded, tuple(pieces[1::2]), "html" if is_html else "plain")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("relay", "templates/mail"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
