"""The wrapped keys of persons in a file of their own, which a backup of the database is read with.

A backup remembers persons who were erased after it was made. Their keys are not in the newest
file of keys: put beside each other, the backup forgets them too (GDPR 17). The file is small, holds
ids and wrapped keys only, and each replaces the one before; backups may be as many as one likes.

One line per key, in the order of ids; the first says when, the last how many, signed.
"""

import base64
import hmac
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog

from relay.context import Context
from relay.custody.shelves import Stock, Wrapped, read_stocks
from relay.database import queries
from relay.errors import Refused
from relay.sealing import Keyring, id_time

PURPOSE = "saved keys"
HEAD = "relais-keys-1"
OPERATOR = "-"
# Ids are made before they are committed, by doors with other clocks: who came shortly before a file
# was made may be missing in it. Nobody is erased so soon: an erasure waits for its undo longer.
LATE = timedelta(minutes=5)

log = structlog.get_logger()


@dataclass(slots=True)
class Loaded:
    """What putting saved keys into a database did.

    Args:
        saved_at: When the file was made.
        restored: Keys put in the place of those of the backup.
        gone: Persons of the backup who are not in the file, by site: they were erased since, and
            are to be erased again (``relay.rights.erasure.erase_again``).
        newer: Rows younger than the file, or hardly older, which are left as they are.
    """

    saved_at: datetime
    restored: int = 0
    gone: dict[UUID, list[UUID]] = field(default_factory=dict)
    newer: int = 0


@dataclass(slots=True)
class _File:
    """A file whose signature was checked: when it was made, and where each stock begins."""

    path: Path
    saved_at: datetime
    begins: dict[tuple[str, str], int] = field(default_factory=dict)

    def keys_of(self, stock: Stock) -> Iterator[Wrapped]:
        """Read the keys of a stock in the order of their ids."""
        begin = self.begins.get(_name(stock))
        if begin is None:
            return
        with self.path.open("rb") as file:
            file.seek(begin)
            for line in file:
                words = line.decode("ascii").split()
                if tuple(words[:2]) != _name(stock):
                    return
                yield Wrapped(UUID(words[2]), base64.b64decode(words[3]))


async def saved_lines(context: Context) -> AsyncIterator[bytes]:
    """Give the lines of a file of all keys there are now."""
    digest = hmac.new(context.keyring.signing_keys(PURPOSE)[0], digestmod="sha256")
    count = 0
    line = f"{HEAD} {context.clock().isoformat()}\n".encode()
    digest.update(line)
    yield line
    for stock in await read_stocks(context):
        async for page in stock.pages(context):
            for key in page:
                line = _line(stock, key)
                digest.update(line)
                yield line
            count += len(page)
    log.info("keys.saved", keys=count)
    yield f"end {count} {digest.hexdigest()}\n".encode()


async def load_keys(context: Context, path: Path) -> Loaded:
    """Give a restored database the keys of a file, and tell whom it has to forget again.

    What requests said that are not in the file is forgotten here; persons are for the rights desk,
    which keeps what a hold keeps. It may be killed anywhere and started again.

    Raises:
        Refused: ``keys_file_broken``: cut short, changed, or signed with an unknown master key.
    """
    file = _check(context.keyring, path)
    loaded = Loaded(file.saved_at)
    for stock in await read_stocks(context):
        saved = _Follower(file.keys_of(stock))
        async for page in stock.pages(context):
            await _merge(context, stock, page, saved, loaded)
    context.sites.forget()
    log.info("keys.loaded", restored=loaded.restored, gone=sum(map(len, loaded.gone.values())))
    return loaded


async def _merge(
    context: Context, stock: Stock, page: list[Wrapped], saved: "_Follower", loaded: Loaded
) -> None:
    known = saved.until(page[-1].row_id)
    found = [key for key in page if key.row_id in known]
    absent = [key.row_id for key in page if key.row_id not in known]
    gone = [row_id for row_id in absent if id_time(row_id) <= loaded.saved_at - LATE]
    loaded.newer += len(absent) - len(gone)
    async with context.database.connection() as connection:
        news = [known[key.row_id] for key in found]
        loaded.restored += await stock.replace(connection, found, news)
        if stock.shelf.table == "data_request" and gone:
            await queries().forget_unsaved_requests(connection, site_id=stock.site_id, ids=gone)
    if stock.shelf.table == "person" and stock.site_id and gone:
        loaded.gone.setdefault(stock.site_id, []).extend(gone)


class _Follower:
    """Keys of a file, read on as far as the rows of the database are."""

    def __init__(self, keys: Iterator[Wrapped]) -> None:
        self._keys = keys
        self._next: Wrapped | None = next(keys, None)

    def until(self, last: UUID) -> dict[UUID, bytes]:
        """Return the keys up to the id *last*, each of them once."""
        found = {}
        while self._next is not None and self._next.row_id <= last:
            found[self._next.row_id] = self._next.value
            self._next = next(self._keys, None)
        return found


def _check(keyring: Keyring, path: Path) -> _File:
    """Read a file once, and tell where its stocks begin; any master key there is may have signed.

    Raises:
        Refused: ``keys_file_broken``.
    """
    digests = [hmac.new(key, digestmod="sha256") for key in keyring.signing_keys(PURPOSE)]
    file: _File | None = None
    count = at = 0
    with path.open("rb") as lines:
        for line in lines:
            words = line.decode("ascii", "replace").split()
            if file is None:
                file = _begin(path, words)
            elif words[:1] == ["end"]:
                signed = any(hmac.compare_digest(d.hexdigest(), words[-1]) for d in digests)
                if words[1:2] == [str(count)] and signed and not lines.read(1):
                    return file
                break
            else:
                file.begins.setdefault((words[0], words[1]), at)
                count += 1
            for digest in digests:
                digest.update(line)
            at += len(line)
    raise Refused("keys_file_broken")


def _begin(path: Path, words: list[str]) -> _File:
    try:
        head, at = words
        saved_at = datetime.fromisoformat(at)
    except ValueError:
        raise Refused("keys_file_broken") from None
    if head != HEAD:
        raise Refused("keys_file_broken")
    return _File(path, saved_at)


def _name(stock: Stock) -> tuple[str, str]:
    return stock.shelf.table, stock.site_id.hex if stock.site_id else OPERATOR


def _line(stock: Stock, key: Wrapped) -> bytes:
    words = (*_name(stock), key.row_id.hex, base64.b64encode(key.value).decode("ascii"))
    return f"{' '.join(words)}\n".encode("ascii")
