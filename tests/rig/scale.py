"""The one place that says how long the chaos lasts: short in the suite, long with ``CHAOS=1``."""

import os
from typing import TypeVar

Value = TypeVar("Value")


def scale(short: Value, long: Value) -> Value:
    """Return *short*, or *long* when the environment asks for the long version."""
    return long if os.environ.get("CHAOS") == "1" else short
