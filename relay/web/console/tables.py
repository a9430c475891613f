"""Tables for spreadsheets: the one place where the console writes CSV."""

import csv
import io
from collections.abc import Iterable, Sequence

from aiohttp import web

from relay.web.pages import SECURITY_HEADERS

RISKY = ("=", "+", "-", "@", "\t", "\r", "'")


def csv_of(head: Sequence[str], rows: Iterable[Sequence[object]]) -> web.Response:
    """Write a table whose cells no spreadsheet takes for formulas (A21)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    headers = {**SECURITY_HEADERS, "Content-Disposition": 'attachment; filename="relais.csv"'}
    return web.Response(text=out.getvalue(), content_type="text/csv", headers=headers)


def _cell(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(RISKY) else text
