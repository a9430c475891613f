"""What every letter of the relay has in common: its sentences, its header, its weight."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Protocol

from relay import texts
from relay.mail import headers, mime
from relay.mail.forms import Form

LARGEST_BYTES = 24_000

# RFC 3834 section 5.1. A person wrote what is passed on: any other word than "no" makes help
# desks set it aside as machine mail, and forbids the absence notice the writer is glad to have.
# Receipts and notices come from a process and answer no mail: "auto-generated".
BY_PERSON = b"Auto-Submitted: no\r\n"
BY_MACHINE = b"Auto-Submitted: auto-generated\r\n"
IN_ANSWER = b"Auto-Submitted: auto-replied\r\n"

_BARRED = frozenset(("text", "history"))


class Letter(Protocol):
    """What the header of any letter is made of."""

    @property
    def from_address(self) -> str:
        """Our own address, an alias or one that is not answered."""

    @property
    def recipient(self) -> str:
        """The one address it goes to."""

    @property
    def message_id(self) -> str:
        """Its own id, with angle brackets."""

    @property
    def sent_at(self) -> datetime:
        """When it was made, aware."""


def fields(mail: Letter, sender: str, addressee: str, subject: str) -> list[bytes]:
    """Return the header fields every letter has.

    Args:
        sender: Display name of our address.
        addressee: Display name of the recipient; "" for none.

    Raises:
        ValueError: An address or the message id is not plain.
    """
    return [
        headers.mailbox_field("From", sender, mail.from_address),
        headers.mailbox_field("To", addressee, mail.recipient),
        headers.text_field("Subject", subject),
        headers.date_field(mail.sent_at),
        headers.ids_field("Message-ID", [mail.message_id]),
    ]


def thread(ids: Sequence[str]) -> list[bytes]:
    """Return the fields that put a letter into its thread; *ids* oldest first, all ours.

    Source: RFC 5322 3.6.4.
    """
    if not ids:
        return []
    return [headers.ids_field("In-Reply-To", ids[-1:]), headers.ids_field("References", ids)]


def pause(link: str) -> list[bytes]:
    """Return the fields of the pause in one click.

    RFC 8058 section 3.1 asks for https; a relay tried out on one machine has none.
    """
    if not headers.url(link).startswith("https:"):
        return []
    post = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    return [f"List-Unsubscribe: <{link}>\r\n".encode("ascii"), post]


def filled(
    forms: tuple[Form, Form],
    head: Sequence[bytes],
    values: Mapping[str, str],
    files: Sequence[bytes] = (),
) -> bytes:
    """Return the whole mail: both forms filled with *values* under *head*, then *files*."""
    text_form, html_form = forms
    # The bar shows on every line where a person's words end, so nobody forges our footer.
    barred = {name: values[name].replace("\n", "\n▌ ") for name in _BARRED & values.keys()}
    text_part, html_part = text_form.part({**values, **barred}), html_form.part(values)
    # The text part is complete: a mail too heavy for both parts loses nothing without HTML.
    if sum(map(len, (*head, text_part, html_part))) + mime.FRAME_BYTES > LARGEST_BYTES:
        return mime.assemble(head, text_part, files=files)
    return mime.assemble(head, text_part, html_part, files=files)


@cache
def sentences(language: str, room: str) -> SimpleNamespace:
    """Return the sentences of *room* that need no filling, by name."""
    fixed: dict[str, str] = {}
    for key in texts.keys(language):
        if key.startswith(f"{room}."):
            with suppress(KeyError):  # it names a value
                fixed[key.removeprefix(f"{room}.")] = texts.say(language, key)
    return SimpleNamespace(**fixed)


def block_words(language: str, who: str) -> str:
    """Return the words of the link that blocks a buyer, named or not."""
    words = sentences(language, "mail")
    return (
        str(words.block_unnamed)
        if who == words.buyer
        else texts.say(language, "mail.block", who=who)
    )


@lru_cache(maxsize=1_000)
def purged(language: str, on: date) -> str:
    """Return the sentence that says when the relay forgets the message."""
    noon = datetime.combine(on, time(12), UTC)
    return texts.say(language, "mail.purged", day=texts.day(language, noon))
