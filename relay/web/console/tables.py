"""Tables of the console as files."""

from collections.abc import Iterable, Sequence

from aiohttp import web

from relay.tables import table
from relay.web.pages import SECURITY_HEADERS


def csv_of(head: Sequence[str], rows: Iterable[Sequence[object]]) -> web.Response:
    """Answer with a table as CSV."""
    headers = {**SECURITY_HEADERS, "Content-Disposition": 'attachment; filename="relais.csv"'}
    return web.Response(text=table(head, rows), content_type="text/csv", headers=headers)
