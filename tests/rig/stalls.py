"""A test that fails while the machine stands still runs once more.

A shared machine may take its processors away for seconds; then every deadline that ran is over,
the relay's five seconds as well as a browser's. What is asked here is the machine, not the test: a
test that fails without such a stall has failed, and so has one that fails twice.
"""

import threading
import time

import pytest

TICK_S = 0.05
LATE_S = 0.25  # a busy interpreter is late as well, but not by this much
STALL_S = 1.0


class Stalls:
    """Measures for how long nothing ran, and says it to the reruns (a plugin of pytest)."""

    def __init__(self) -> None:
        self._lost_s = 0.0
        threading.Thread(target=self._watch, name="stalls", daemon=True).start()

    def stood_still(self) -> bool:
        """Tell whether the machine stood still for a second since the test began."""
        return self._lost_s >= STALL_S

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Let every test run once more, if it was stalled."""
        again = pytest.mark.flaky(reruns=1, condition=self.stood_still)
        for item in items:
            item.add_marker(again)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self) -> None:
        """Begin at nought with each test."""
        self._lost_s = 0.0

    def _watch(self) -> None:
        last = time.monotonic()
        while True:
            time.sleep(TICK_S)
            now = time.monotonic()
            late = now - last - TICK_S
            if late >= LATE_S:
                self._lost_s += late
            last = now
