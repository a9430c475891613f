"""``make bench``: a table of ratios, and the same as JSON in bench/results.

Both sides of a row are measured in turn, several times, in one run: figures are medians with
their range. A shared machine moves them; only ratios mean anything.
"""

import argparse
import asyncio
import json
import logging
import time
from pathlib import Path

import structlog

from bench import rows
from bench.house import house, process, said

RESULTS = Path(__file__).parent / "results"


async def main() -> None:
    """Run the rows asked for and print them."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--only", help="one row by its name", choices=rows.NAMES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with process("bench.sink") as sink:
        async with house(said(sink)) as place:
            measured = []
            for name in rows.NAMES:
                if chosen.only in (None, name):
                    row = await rows.measure(name, place, sink, chosen.rounds, chosen.seconds)
                    measured += row
                    for line in row:
                        print(_line(line), flush=True)
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    target.write_text(json.dumps(measured, indent=1), "utf-8")
    print(f"\n{target.relative_to(Path.cwd())}")


def _line(row: dict[str, object]) -> str:
    return (
        f"{row['row']:<34} {row['figure']:<44} {row.get('ratio', ''):<26} {row.get('target', '')}"
    )


asyncio.run(main())
