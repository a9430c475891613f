"""Starts processes by forking one that has imported, once, what all of them need.

A program of its own, started as ``python -m relay.supervisor.nursery TOLD MODULE…``. It imports
the modules, then reads one JSON object a line, an ``Order``. For each it forks; the child runs
``python -m <command>`` under that environment and no other variable; unless it speaks to the
person in front, its output joins the log. When a child has ended, ``name code`` is written on a
line of the descriptor TOLD. When standard input ends (whoever started it stopped, or was killed
with -9), every child gets SIGTERM, then SIGKILL after the grace. When the nursery itself is
killed, Linux sends them SIGTERM.

It has one thread and no event loop, so that what it forks inherits no lock and no loop.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from relay.engines.guard import die_with
from relay.supervisor import GRACE_S

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run, as whom to report it."""

    name: str
    command: list[str]
    environment: dict[str, str]
    speaks: bool


def main(told: int, modules: list[str]) -> None:
    """Fork a child for every order; in a child, return from the loop and become it."""
    for ignored in _STOPS:
        signal.signal(ignored, signal.SIG_IGN)
    # A stop that comes while a child is being born waits for it instead of being lost.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    wake = _wake_at_a_childs_end()
    for module in modules:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # what all share stays shared: no collection writes to it
    children: dict[int, str] = {}
    parent = os.getpid()
    for order in _orders(wake, told, children):
        child = os.fork()
        if child == 0:
            os.close(told)
            _become(order, parent)
            return
        children[child] = order.name
    _end(told, children)


def _wake_at_a_childs_end() -> int:
    wake, wake_write = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return wake


def _orders(wake: int, told: int, children: dict[int, str]) -> Iterator[Order]:
    """Read orders until standard input ends; meanwhile tell who has ended."""
    rest = b""
    while True:
        ready, _, _ = select.select([0, wake], [], [])
        if wake in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(wake, 64)
            _tell_ended(told, children)
        if 0 not in ready:
            continue
        sent = os.read(0, 65536)
        if not sent:
            return
        *lines, rest = (rest + sent).split(b"\n")
        yield from (Order(**json.loads(line)) for line in lines)


def _tell_ended(told: int, children: dict[int, str]) -> None:
    for pid in list(children):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            line = f"{children.pop(pid)} {os.waitstatus_to_exitcode(status)}\n"
            with contextlib.suppress(BrokenPipeError):  # nobody is left to hear it
                os.write(told, line.encode())


def _become(order: Order, parent: int) -> None:
    """Run what was ordered in this forked child; the end of the program is its end."""
    signal.set_wakeup_fd(-1)
    for changed in (*_STOPS, signal.SIGCHLD):
        signal.signal(changed, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
    die_with(parent, signal.SIGTERM)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if not order.speaks:
        os.dup2(2, 1)
    if sys.platform != "linux":  # elsewhere the system's own libraries may not outlive a fork
        arguments = [sys.executable, "-m", *order.command]
        os.execve(sys.executable, arguments, order.environment)  # noqa: S606 (our own program)
    Path("/proc/self/comm").write_text(f"relay {order.name}")  # for top and pstree
    os.environ.clear()
    os.environ.update(order.environment)
    module, *arguments = order.command
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end(told: int, children: dict[int, str]) -> None:
    """Ask all to end, wait, and kill what does not within its grace."""
    for pid in children:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_S
    while children and time.monotonic() < deadline:
        _tell_ended(told, children)
        time.sleep(0.01)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
