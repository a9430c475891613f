"""What `relay purge` shows on a terminal while it works."""

from collections import Counter

import pytest

from relay.cli.purge import _Progress


def test_progress_names_class_share_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    """A batch is shown as how many of how many, with about how long it will take."""
    progress = _Progress(None)  # type: ignore[arg-type]
    progress._due = Counter({("demo", "messages"): 3000})
    progress._began -= 10.0
    progress.tell("demo", "messages", 1000)
    assert "demo  messages 1000 of 3000, about 20 s left" in capsys.readouterr().err
