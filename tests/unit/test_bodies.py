"""Strict reading of JSON and of shapes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from relay.errors import Invalid, Refused
from relay.web.bodies import DEPTH_MOST, as_model, parse_json

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_what_is_json_is_read(value: object) -> None:
    """Any JSON of ordinary depth is read as Python's own reader would."""
    assert parse_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    """Any bytes are read or refused; nothing else is raised."""
    try:
        parse_json(data)
    except Refused as refusal:
        assert refusal.code in {"body_not_json", "json_duplicate_key", "json_too_deep"}


@pytest.mark.parametrize("depth", [DEPTH_MOST - 1, DEPTH_MOST, DEPTH_MOST + 1, 60_000])
def test_depth(depth: int) -> None:
    """Twenty levels are read, one more is refused, and so is any number of them."""
    data = b"[" * depth + b"]" * depth
    if depth <= DEPTH_MOST:
        parse_json(data)
        return
    with pytest.raises(Refused, match="json_too_deep"):
        parse_json(data)


class Thing(BaseModel):
    """A shape."""

    model_config = ConfigDict(extra="forbid", strict=True)
    size: int
    name: str = ""


@pytest.mark.parametrize(
    ("read", "field", "code"),
    [
        ({}, "size", "field_missing"),
        ({"size": 1, "colour": "x" * 90}, "colour", "field_unknown"),
        ({"size": "1"}, "size", "field_type"),
        ([], "body", "field_type"),
        (None, "body", "field_type"),
    ],
)
def test_shapes(read: object, field: str, code: str) -> None:
    """A wrong shape is told by field and code, without what stood in it."""
    with pytest.raises(Invalid) as refusal:
        as_model(read, Thing)
    [fault] = refusal.value.faults
    assert (fault.field, fault.code) == (field, code)
    assert "xxx" not in str(fault.values)
