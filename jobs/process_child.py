"""The inside of a pool's child process: read a call, run it within limits, write the answer."""

import contextlib
import ctypes
import faulthandler
import logging
import os
import pickle
import resource
import signal
import struct
import sys
import traceback
from typing import BinaryIO

LENGTH = struct.Struct(">Q")
PR_SET_PDEATHSIG = 1
MAX_FILE_BYTES = 64 * 1024 * 1024
NICENESS = 5


def main() -> None:
    """Serve calls until the parent closes the pipe. Arguments: bytes of memory, parent's pid."""
    memory_bytes, parent = int(sys.argv[1]), int(sys.argv[2])
    die_with(parent)
    requests, replies = take_pipes()
    quieten()
    limit(memory_bytes)
    while head := requests.read(LENGTH.size):
        answer = perform(requests.read(LENGTH.unpack(head)[0]))
        replies.write(LENGTH.pack(len(answer)) + answer)
        replies.flush()


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent dies, even by SIGKILL (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


def take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Return the pipes to the parent; what a library prints goes to stderr instead."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a file descriptor is what we want
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return requests, replies


def quieten() -> None:
    """Leave Ctrl-C and a deploy's SIGTERM (sent to the whole group) to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logging.getLogger().addHandler(logging.NullHandler())
    faulthandler.enable()


def limit(memory_bytes: int) -> None:
    """Bound memory and file size, write no core dumps, let the event loops go first."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE_BYTES, MAX_FILE_BYTES))
    with contextlib.suppress(ValueError, OSError):  # macOS refuses RLIMIT_AS
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    os.nice(NICENESS)


def perform(request: bytes) -> bytes:
    """Run one call and return its pickled answer: (True, result) or (False, exception)."""
    try:
        timeout, fn, args = pickle.loads(request)  # noqa: S301 - written by our parent
        allow_cpu(timeout)
        return pickle.dumps((True, fn(*args)))
    except MemoryError:
        return pickle.dumps((False, MemoryError()))
    except Exception as error:
        return failure(error)


def allow_cpu(timeout: float | None) -> None:
    """Let this call use ``timeout`` seconds of CPU; the kernel ends it should the parent not."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = (
        int(used.ru_utime + used.ru_stime + timeout) + 2 if timeout else resource.RLIM_INFINITY
    )
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def failure(error: Exception) -> bytes:
    """Return the exception with its traceback as a note, or its text when it does not pickle."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        packed = pickle.dumps((False, error))
        pickle.loads(packed)  # noqa: S301 - only to see that the parent can
    except Exception:  # its constructor takes other arguments
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
    return packed


if __name__ == "__main__":
    main()
