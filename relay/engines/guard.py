"""Run one server so that it never outlives the program that wanted it.

A program of its own, standard library only, started as ``python -I -S guard.py``::

    guard.py STOP_SIGNAL GRACE_S RUN_AS COMMAND...

It prints the server's pid, then waits. When its standard input is written to or closed
(the owner stopped, or was killed with -9), the server gets STOP_SIGNAL, then SIGKILL after
GRACE_S seconds. When the guard itself is killed, Linux sends STOP_SIGNAL to the server.
Asking Linux from the owner directly would not do: the death signal is tied to the thread
that forked, and a server started from a worker thread would die with that thread.

RUN_AS is ``same``, ``user:UID:GID`` (root becomes that user) or ``namespace:UID:GID``
(the server believes to be UID inside a user namespace and keeps the file rights it had).
"""

import contextlib
import ctypes
import os
import select
import signal
import sys

CANNOT_BECOME = 125
CANNOT_EXECUTE = 126

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _system_call(name: str, *arguments: int) -> None:
    """Call a function of the C library that Python 3.11 does not offer.

    Raises:
        OSError: The call was refused, or this system does not know it.
    """
    function = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    if function is None:
        raise OSError(f"this system has no {name}")
    if function(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _become(run_as: str) -> None:
    """Give up root: for good as another user, or in appearance inside a user namespace."""
    if run_as == "same":
        return
    how, uid, gid = run_as.split(":")
    if how == "user":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
        return
    outside_uid, outside_gid = os.geteuid(), os.getegid()
    _system_call("unshare", _CLONE_NEWUSER)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/gid_map", f"{gid} {outside_gid} 1")
    _write("/proc/self/uid_map", f"{uid} {outside_uid} 1")


def die_with(guard: int, stop_signal: int) -> None:
    """Have Linux signal this process when the guard dies; a later change of user would undo it."""
    if sys.platform != "linux":
        return
    _system_call("prctl", _PR_SET_PDEATHSIG, stop_signal, 0, 0, 0)
    if os.getppid() != guard:
        os._exit(CANNOT_EXECUTE)


def _execute(guard: int, stop_signal: int, run_as: str, command: list[str]) -> None:
    """Turn the forked child into the server; never returns."""
    code = CANNOT_BECOME
    try:
        _become(run_as)
        die_with(guard, stop_signal)
        code = CANNOT_EXECUTE
        for ignored in _IGNORED:
            signal.signal(ignored, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _IGNORED)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        os.umask(0o077)
        os.execv(command[0], command)  # noqa: S606  an absolute path, no shell wanted
    except Exception as error:  # noqa: BLE001  the top of a process: said, then the end
        os.write(2, f"{command[0]}: {error}\n".encode(errors="surrogateescape"))
    finally:
        os._exit(code)


def _watch(child: int, wake: int, owner: list[int], timeout_s: float | None) -> int | None:
    """Wait for the child's end.

    Returns:
        Its exit code; None when the owner spoke or left first, or the time is over.
    """
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        ready, _, _ = select.select([wake, *owner], [], [], timeout_s)
        if wake not in ready:
            return None
        os.read(wake, 64)


def main(arguments: list[str]) -> int:
    """Start the server, stay until it ends, answer with its exit code."""
    stop_signal, grace_s, run_as = int(arguments[0]), float(arguments[1]), arguments[2]
    for ignored in _IGNORED:
        signal.signal(ignored, signal.SIG_IGN)
    # A stop that comes while the child is being born waits for it instead of being lost.
    signal.pthread_sigmask(signal.SIG_BLOCK, _IGNORED)
    wake, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    guard = os.getpid()
    child = os.fork()
    if child == 0:
        _execute(guard, stop_signal, run_as, arguments[3:])
    with contextlib.suppress(BrokenPipeError):  # the owner died: standard input says so too
        os.write(1, f"{child}\n".encode())
    code = _watch(child, wake, [0], None)
    if code is None:
        os.kill(child, stop_signal)
        code = _watch(child, wake, [], grace_s)
    if code is None:
        os.kill(child, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
