"""Where in a TOML text each table and key stands; tomllib keeps no lines."""

import re

_TABLE = re.compile(r"\s*\[(\[?)\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"""\s*([\w.\-"' ]+?)\s*=""")
_QUOTES = ('"""', "'''")

Place = tuple[str | int, ...]


def lines_of(source: str) -> dict[Place, int]:
    """Return the line, from 1, of every table and key of a valid TOML text.

    Tables of an array are counted, ``("promises", 0)``, ``("promises", 1)``, whether they are
    written as ``[[promises]]`` or in braces on lines of their own.
    """
    found: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    array: Place = ()
    is_inside = False
    for number, line in enumerate(source.splitlines(), start=1):
        was_inside, is_inside = is_inside, _is_inside(line, is_inside=is_inside)
        if was_inside:
            continue
        if header := _TABLE.match(line):
            table = _parts(header[2])
            if header[1]:
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            array = (*table, *_parts(key[1]))
            found.setdefault(array, number)
        elif line.lstrip().startswith("{"):
            counts[array] = counts.get(array, -1) + 1
            found.setdefault((*array, counts[array]), number)
    return found


def _is_inside(line: str, *, is_inside: bool) -> bool:
    """Tell whether a text of several lines is still open at the end of *line*."""
    return is_inside ^ any(line.count(quotes) % 2 == 1 for quotes in _QUOTES)


def _parts(name: str) -> Place:
    return tuple(part.strip().strip("\"'") for part in name.split("."))
