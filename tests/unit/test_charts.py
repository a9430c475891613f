"""Charts: whole as XML, told apart without colour, with contrast in light and dark."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.charts import SERIES_MOST, Chart, Series, columns, rows

SPACE = "{http://www.w3.org/2000/svg}"
SHEET = Path("relay/static/console/console.css").read_text("utf-8")
LEAST = {"text": 4.5, "soft": 4.5, "s0": 3, "s1": 3, "s2": 3, "s3": 3, "s4": 3, "line": 3}
COUNTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=60)


def chart(*values: list[int], places: list[str] | None = None) -> Chart:
    """Return a chart of some series."""
    names = places or [str(at) for at in range(len(values[0]))]
    series = [Series(f"<série {at} & cie>", one) for at, one in enumerate(values)]
    return Chart("essai", "Titre <b>", "Phrase & figures", names, series)


def colours() -> dict[str, dict[str, str]]:
    """Read the colours of the page, light and dark."""
    found = [
        dict(re.findall(r"--(\w[\w-]*): (#\w+)", block)) for block in SHEET.split("@media")[:2]
    ]
    return {"light": found[0], "dark": found[1]}


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    digits = colour[1:] if len(colour) == 7 else "".join(sign * 2 for sign in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    light = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.2, 1.4.3)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", LEAST)
def test_contrast(scheme: str, name: str) -> None:
    """Words of a picture have 4.5:1 against their card, shapes 3:1 (WCAG 1.4.3, 1.4.11)."""
    here = colours()[scheme]
    assert contrast(here[name], here["card"]) >= LEAST[name]


@given(COUNTS, COUNTS)
def test_any_figures_can_be_drawn(one: list[int], other: list[int]) -> None:
    """Whatever is counted, both pictures are whole and nothing stands outside of them."""
    many = min(len(one), len(other))
    for drawn in (columns(chart(one[:many], other[:many])), rows(chart(one[:many], other[:many]))):
        root = ET.fromstring(drawn)
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        for box in root.iter(f"{SPACE}rect"):
            x, y, wide, high = (float(box.attrib[name]) for name in ("x", "y", "width", "height"))
            assert 0 <= x <= x + wide <= width
            assert -0.5 <= y <= y + high <= height + 0.5


@pytest.mark.parametrize("draw", [columns, rows])
def test_a_picture_names_itself(draw: object) -> None:
    """It is an image with a title and a sentence, escaped, which it refers to."""
    assert callable(draw)
    root = ET.fromstring(draw(chart([1, 2])))
    title, said = root.find(f"{SPACE}title"), root.find(f"{SPACE}desc")
    assert root.attrib["role"] == "img"
    assert title is not None
    assert said is not None
    assert (title.text, said.text) == ("Titre <b>", "Phrase & figures")
    assert root.attrib["aria-labelledby"] == title.attrib["id"]
    assert root.attrib["aria-describedby"] == said.attrib["id"]


def test_series_are_told_apart_without_colour() -> None:
    """Each of five series has a pattern of its own, the first none; patterns are in the picture."""
    root = ET.fromstring(columns(chart(*[[3, 4]] * SERIES_MOST)))
    fills = [box.attrib.get("fill") for box in root.iter(f"{SPACE}rect")]
    used = {fill for fill in fills if fill}
    known = {f"url(#{one.attrib['id']})" for one in root.iter(f"{SPACE}pattern")}
    assert used == known
    assert len(used) == SERIES_MOST - 1


def test_columns_stand_upon_each_other() -> None:
    """The height of a column is the sum of its series."""
    root = ET.fromstring(columns(chart([10], [10])))
    low, high = (
        next(
            float(box.attrib["height"])
            for box in root.iter(f"{SPACE}rect")
            if box.attrib.get("class") == name and float(box.attrib["height"]) > 12
        )
        for name in ("s0", "s1")
    )
    assert low == high
    assert low + high == pytest.approx(150)


def test_no_style_of_its_own() -> None:
    """The page's policy allows no inline style or script."""
    drawn = columns(chart([1], [2])) + rows(chart([1]))
    assert "style" not in drawn
    assert "script" not in drawn
