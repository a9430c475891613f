"""A limit on the CPU time of a block, for code whose input a stranger wrote."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

AGAIN_S = 0.05  # an exception raised inside some C functions is lost: it is raised again


class Overrun(BaseException):
    """The block used up its time. Not an Exception: nothing inside may catch it by the way."""


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Stop a block that does not end, from within.

    Counts what this process computes, not the time that passes: a machine that is busy with other
    things stops nobody. For the main thread, and for blocks that do not await.

    Raises:
        Overrun: *seconds* of CPU time were not enough.
    """
    is_inside = True

    def overrun(_number: int, _frame: FrameType | None) -> None:
        if is_inside:
            raise Overrun

    before = signal.signal(signal.SIGVTALRM, overrun)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, AGAIN_S)
    try:
        yield
    finally:
        is_inside = False  # before any call, so that a late signal raises nothing out here
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
