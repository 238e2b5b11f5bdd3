"""A server process we own: started, watched, stopped, and never left behind."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
CHECK_SECONDS = 0.02
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class ServerFailedError(RuntimeError):
    """A development server did not start."""


class Child:
    """One child in a session of its own, so that a terminal's Ctrl-C reaches only us.

    On Linux the kernel sends `death_signal` when the thread that called `start` ends: call it
    from the main thread. Elsewhere only an orderly end of ours stops the child.
    """

    def __init__(self, arguments: Sequence[str | Path], log: Path, death_signal: int) -> None:
        self.arguments = [str(argument) for argument in arguments]
        self.log = log
        self.death_signal = death_signal
        self.process: subprocess.Popen[bytes] | None = None

    def start(
        self,
        *,
        cwd: Path,
        user: str | None = None,
        group: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start the program, its output appended to the log."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.arguments,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=user,
                group=group,
                extra_groups=None if user is None else [],
                start_new_session=True,
                preexec_fn=dies_with_parent(self.death_signal),  # noqa: PLW1509 - two system calls
            )

    @property
    def running(self) -> bool:
        """Whether the program was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        """The program's process id; 0 while it does not run."""
        return self.process.pid if self.process is not None and self.running else 0

    def signal(self, number: int) -> None:
        """Send a signal to the program alone; nothing happens when it has ended."""
        if self.process is not None:
            self.process.send_signal(number)

    def signal_family(self, number: int) -> None:
        """Send a signal to the program and all it has started, and is starting while we look."""
        reached: set[int] = set()
        while others := [process for process in self.family() if process.pid not in reached]:
            for process in others:
                reached.add(process.pid)
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(number)

    def family(self) -> list[psutil.Process]:
        """Return the program and its descendants, eldest first; nobody when it has ended."""
        pid = self.pid  # asked once: it may end at any moment
        with suppress(psutil.NoSuchProcess):
            if pid:
                eldest = psutil.Process(pid)
                return [eldest, *eldest.children(recursive=True)]
        return []

    def kill(self) -> None:
        """End the program and all it has started at once, as a power cut would."""
        family = self.family()
        self.signal_family(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()
        for orphan in family[1:]:
            wait_until_over(orphan)

    async def stop(self, number: int, grace_seconds: float) -> None:
        """Ask the program to end, and kill it when it has not within its grace."""
        if self.process is None:
            return
        self.signal_family(signal.SIGCONT)
        self.signal(number)
        try:
            await asyncio.to_thread(self.process.wait, grace_seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def last_words(self, lines: int = 20) -> str:
        """Return the end of the log, for the message of a failed start."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def wait_until_over(process: psutil.Process) -> None:
    """Return when the process is gone, or dead and only not yet collected by the init process."""
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(CHECK_SECONDS)


async def becomes_true(check: Callable[[], Awaitable[bool]], seconds: float) -> None:
    """Ask again and again until the answer is yes; raise TimeoutError after `seconds`."""
    async with asyncio.timeout(seconds):
        while not await check():  # noqa: ASYNC110 - another program's doing, nothing tells us
            await asyncio.sleep(CHECK_SECONDS)


def dies_with_parent(number: int) -> Callable[[], None] | None:
    """Return what a child runs before exec so that the kernel ends it after its parent."""
    if LIBC is None:
        return None
    parent = os.getpid()

    def arrange() -> None:
        LIBC.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # it died between fork and prctl
            os.kill(os.getpid(), signal.SIGKILL)

    return arrange
