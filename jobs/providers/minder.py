"""Stands between a worker and one command: ends the command with all it started, whatever happens.

Run as a script with a bare interpreter: ``python -I -S minder.py GRACE_SECONDS PROGRAM ARGUMENT…``. It
leads a session of its own. Its stdin is a lifeline: when that ends, because the worker closed it or is dead
(SIGKILL included), everything below it gets SIGTERM and, after the grace, SIGKILL. What the command leaves
behind when it ends by itself is ended likewise. The exit code is the command's, 128 + n for a signal.

On Linux nothing escapes: orphans come to the minder (prctl(2), PR_SET_CHILD_SUBREAPER), so also what went
into a session of its own is found; and should the minder be killed, the kernel kills the command.
"""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
CANNOT_RUN = 126
LOOK_SECONDS = 0.05
KILLED_SECONDS = 5.0
PROC = "/proc"


def main() -> int:
    """Run the command of our arguments; return its exit code."""
    grace, arguments = float(sys.argv[1]), sys.argv[2:]
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if libc is not None:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    told = listen()
    try:
        command = start(arguments, libc)
    except OSError as error:
        sys.stderr.write(f"{arguments[0]} cannot be run: {error.strerror}\n")
        return CANNOT_RUN
    keep_no_pipe_open()
    code = until_over_or_told(command, told)
    end_everything(command, told, grace)
    code = command.poll() if code is None else code
    return 0 if code is None else code if code >= 0 else 128 - code


def listen() -> int:
    """Return a pipe's end that becomes readable with each signal: a child's end, a request to end."""
    told, tell = os.pipe()
    os.set_blocking(told, False)
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # a handler, unlike "ignore", is not inherited
    return told


def start(arguments: list[str], libc: ctypes.CDLL | None) -> "subprocess.Popen[bytes]":
    """Start the command in our session and group. Raises OSError."""
    us = os.getpid()

    def die_with_us() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != us:
            os._exit(CANNOT_RUN)

    # We have no threads, so a function between fork and exec is safe here.
    return subprocess.Popen(arguments, stdin=subprocess.DEVNULL, preexec_fn=die_with_us)  # noqa: PLW1509


def keep_no_pipe_open() -> None:
    """Let go of stdout and stderr: they end when the command's own do."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)


def until_over_or_told(command: "subprocess.Popen[bytes]", told: int) -> int | None:
    """Wait; return the command's exit code, None when we are to end it."""
    while True:
        readable, _, _ = select.select([0, told], [], [])
        if told in readable and set(signals(told)) - {signal.SIGCHLD}:
            return None
        if (code := command.poll()) is not None:
            return code
        if 0 in readable and not os.read(0, 1):
            return None


def signals(told: int) -> bytes:
    """Return the numbers of the signals that came."""
    with contextlib.suppress(BlockingIOError):
        return os.read(told, 4096)
    return b""


def end_everything(command: "subprocess.Popen[bytes]", told: int, grace: float) -> None:
    """End all our descendants: politely, then by force."""
    if not os.path.isdir(PROC):  # noqa: PTH112 - pathlib would take half of our start
        end_group(command, grace)
        return
    until = time.monotonic() + grace
    asked: set[int] = set()
    while (left := descendants()) and time.monotonic() < until:
        for pid in left - asked:
            send(pid, signal.SIGTERM)
            send(pid, signal.SIGCONT)
        asked |= left
        select.select([told], [], [], LOOK_SECONDS)
        signals(told)
    until = time.monotonic() + KILLED_SECONDS
    while (left := descendants()) and time.monotonic() < until:
        for pid in left:
            send(pid, signal.SIGKILL)
        select.select([told], [], [], LOOK_SECONDS)
        signals(told)


def end_group(command: "subprocess.Popen[bytes]", grace: float) -> None:
    """End our process group, ourselves last: all that can be done where there is no /proc."""
    if command.poll() is None:
        os.killpg(0, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            command.wait(grace)
    if command.poll() is None:
        os.killpg(0, signal.SIGKILL)


def send(pid: int, number: int) -> None:
    """Send a signal to a process that may just have ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def descendants() -> set[int]:
    """Return the living processes below us."""
    parents = living()
    found: set[int] = set()
    fresh = {os.getpid()}
    while fresh := {pid for pid, parent in parents.items() if parent in fresh} - found:
        found |= fresh
    return found


def living() -> dict[int, int]:
    """Return every process that is not dead, with its parent."""
    table: dict[int, int] = {}
    for name in os.listdir(PROC):  # noqa: PTH208
        if not name.isdecimal():
            continue
        with contextlib.suppress(OSError, ValueError), open(f"{PROC}/{name}/stat", "rb") as stat:  # noqa: PTH123
            # "pid (name) state parent …": the name may hold anything, brackets too (proc(5)).
            state, parent = stat.read().rpartition(b")")[2].split()[:2]
            if state not in {b"Z", b"X"}:
                table[int(name)] = int(parent)
    return table


if __name__ == "__main__":
    sys.exit(main())
