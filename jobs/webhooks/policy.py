"""What follows from a try: delivered, another try later, given up, or the webhook disabled."""

from dataclasses import dataclass
from datetime import timedelta

from jobs.retry import steps

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
BACKOFF = steps(*WAITS, jitter=0.1)
LONGEST_RETRY_AFTER = timedelta(days=1)
PATIENCE = timedelta(days=5)
"""How long a webhook may fail without one success before it is disabled."""

LEASE = timedelta(seconds=60)
"""How long a try may take, its record included, before somebody else tries."""

PER_HOST = 5
OK = range(200, 300)
REDIRECT = range(300, 400)
GONE = 410
TRY_LATER = frozenset({429, 503})

FAILING = "It failed for five days without one success."
REFUSED = "It answered 410 Gone."


@dataclass(frozen=True, slots=True)
class Answer:
    """What a try came to: a status, or a ``problem`` that kept one from coming."""

    status: int | None = None
    problem: str | None = None
    retry_after: timedelta | None = None

    @property
    def delivered(self) -> bool:
        """Return whether the receiver has it."""
        return self.status in OK

    @property
    def gone(self) -> bool:
        """Return whether the receiver wants to hear nothing more, ever."""
        return self.status == GONE

    @property
    def told(self) -> str | None:
        """Return what went wrong, in words, None when nothing did."""
        if self.delivered or self.problem or self.status is None:
            return self.problem
        note = "; redirects are not followed" if self.status in REDIRECT else ""
        return f"The receiver answered {self.status}{note}."


def wait_after(tries: int, answer: Answer) -> timedelta | None:
    """Return how long to wait after failed try number ``tries``, None to give up."""
    if tries > len(WAITS):
        return None
    return max(BACKOFF(tries), answer.retry_after or timedelta(0))
