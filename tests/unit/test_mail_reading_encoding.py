"""What was read comes out of the reading process as it went in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.mail.reading.encoding import from_json, to_json
from relay.mail.reading.frames import FRAME_MAX_BYTES, framed, length_of
from relay.mail.reading.values import (
    Attachment,
    AutoReply,
    Bounce,
    BounceClass,
    Complaint,
    Failure,
    Heading,
    Incoming,
    Reply,
    Unreadable,
)

TEXT = st.text(max_size=20)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
HEADING = st.builds(
    Heading,
    st.none() | TEXT,
    TEXTS,
    st.none() | TEXT,
    TEXTS,
    TEXT,
    st.integers(0, 40),
    TEXTS,
    TEXTS,
)
ATTACHMENT = st.builds(Attachment, TEXT, TEXT, st.binary(max_size=20))
FAILURE = st.builds(Failure, TEXT, st.none() | TEXT, TEXT)
INCOMING = st.one_of(
    st.builds(
        Reply,
        HEADING,
        TEXT,
        TEXT,
        TEXT,
        TEXT,
        st.lists(ATTACHMENT, max_size=2).map(tuple),
        TEXTS,
    ),
    st.builds(AutoReply, HEADING, TEXT),
    st.builds(
        Bounce,
        HEADING,
        st.sampled_from(BounceClass),
        st.lists(FAILURE, max_size=2).map(tuple),
        st.none() | TEXT,
    ),
    st.builds(Complaint, HEADING, TEXT, TEXTS, st.none() | TEXT),
    st.builds(Unreadable, TEXT),
)


@given(INCOMING)
def test_values_come_back_as_they_were(incoming: Incoming) -> None:
    """JSON and back is the same value, attachments and all."""
    assert from_json(to_json(incoming)) == incoming


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"value": "Heading"}',
        b'{"value": "Unreadable"}',
        b'{"value": "Unreadable", "reason": "x", "more": 1}',
        b'{"value": "AutoReply", "heading": 1, "text": ""}',
        b"[" * 100_000,
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    """F46: a broken child cannot make the parent do anything but refuse."""
    with pytest.raises(ValueError, match="not what a reader writes"):
        from_json(data)


def test_frames_tell_their_length() -> None:
    """Four bytes say how much follows."""
    assert length_of(framed(b"abc")[:4]) == 3


def test_a_frame_has_an_end() -> None:
    """F46: a child cannot announce more than a mail can hold."""
    with pytest.raises(ValueError, match="beyond the limit"):
        length_of((FRAME_MAX_BYTES + 1).to_bytes(4, "big"))
