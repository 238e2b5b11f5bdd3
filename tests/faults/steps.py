"""Named steps of the product's processes, and what can be done to a process that reaches one.

No hook in the product: the function behind a step is wrapped where its callers look it up. ``before``
is just before the call; ``after`` is when it has done something: a statement is committed, its answer
not yet used.
"""

import functools
import inspect
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from jobs import store
from jobs.announcer import Announcer
from jobs.arq_queue import ArqQueue
from jobs.attempts import Attempts
from jobs.db import Database
from jobs.errors import Unavailable
from tests.faults.journal import note

STEPS: dict[str, tuple[Any, str]] = {
    **{
        name: (store, name)
        for name in (
            "accept", "start", "in_turn", "settle", "cancel", "retry", "promote", "rescue", "renew",
            "held",
        )
    },
    "perform": (Attempts, "begin"),
    "announce": (Announcer, "announce"),
    "publish": (Announcer, "publish"),
    "hand_over": (ArqQueue, "hand_over"),
    "fetch": (Database, "fetch"),
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """What to ``do`` when a step is reached for the ``nth`` time, such as kill at "after settle".

    A call of ``fetch`` counts only when its statement contains ``sql``.
    """

    at: str
    do: str
    nth: int = 1
    seconds: float = 0.0
    sql: str = ""

    def __str__(self) -> str:
        return f"{self.do} {self.at}"

    @property
    def step(self) -> str:
        return self.at.partition(" ")[2]

    @property
    def before(self) -> bool:
        return self.at.startswith("before ")


@contextmanager
def installed(fault: Fault) -> Iterator[None]:
    """Let the fault happen in this process."""
    owner, name = STEPS[fault.step]
    plain = getattr(owner, name)
    setattr(owner, name, wrapped(plain, Countdown(fault)))
    try:
        yield
    finally:
        setattr(owner, name, plain)


class Countdown:
    """Counts the calls that matter, and acts once."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self._left = fault.nth

    def reached(self, *, before: bool, words: tuple[object, ...], answer: object = True) -> None:
        """Note that a call begins or has been answered; an empty answer is no step."""
        said = self.fault.sql and not any(self.fault.sql in str(word) for word in words[1:2])
        if before is not self.fault.before or said or not (answer or answer is None):
            return
        self._left -= 1
        if self._left == 0:
            act(self.fault)


def wrapped(plain: Callable[..., Any], countdown: Countdown) -> Callable[..., Any]:
    """Return the function with a fault around it."""
    if not inspect.iscoroutinefunction(plain):

        @functools.wraps(plain)
        def direct(*words: Any, **more: Any) -> Any:
            countdown.reached(before=True, words=words)
            answer = plain(*words, **more)
            countdown.reached(before=False, words=words, answer=answer)
            return answer

        return direct

    @functools.wraps(plain)
    async def waiting(*words: Any, **more: Any) -> Any:
        countdown.reached(before=True, words=words)
        answer = await plain(*words, **more)
        countdown.reached(before=False, words=words, answer=answer)
        return answer

    return waiting


def act(fault: Fault) -> None:
    """Do it; noted first, for afterwards may be too late. To ``note`` is to do nothing more."""
    note("fault", fault.do, fault.at)
    match fault.do:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "block":
            time.sleep(fault.seconds)
        case "lose":
            raise Unavailable("The reply got lost.")
