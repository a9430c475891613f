"""The limit on a block's CPU time."""

import time
from contextlib import suppress

import pytest

from relay.cpu import Overrun, cpu_limit


def test_a_block_without_end_is_stopped() -> None:
    """F47: a block that computes for ever is stopped, even where it swallows what it can."""
    with pytest.raises(Overrun), cpu_limit(0.05):
        while True:
            with suppress(Exception):  # what a careless block would do
                int("x")


class Mortal:
    """Computes for a moment when it ends; what is raised there, Python drops."""

    def __del__(self) -> None:
        sum(range(20_000))
        sum(range(20_000))


def test_what_a_destructor_swallows_comes_again() -> None:
    """F47: a block is stopped although some of what stops it is lost in destructors."""
    with pytest.raises(Overrun), cpu_limit(0.05):
        while True:
            Mortal()
            sum(range(20_000))


def test_waiting_is_not_computing() -> None:
    """F47: time that passes while others compute stops nobody."""
    with cpu_limit(0.05):
        time.sleep(0.2)


def test_nothing_is_left_armed() -> None:
    """F47: after a block that ended in time, any computing goes on undisturbed."""
    with cpu_limit(0.05):
        pass
    until = time.process_time() + 0.15
    while time.process_time() < until:
        pass
