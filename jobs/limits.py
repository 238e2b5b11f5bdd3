"""What keeps jobs from starting at once: slots of an org, a kind or a key, and the rate of a kind.

Pure decisions over what ``store.limits`` has locked. A slot is a running job that counts; a rate is kept
by GCRA: ``wait_seconds`` is how far the limit's theoretical arrival time lies ahead
(https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self
from uuid import UUID

from jobs.processor import Kind

RATE = re.compile(
    r"\s*(\d+)\s*/\s*(s|m|h|d|sec|min|hour|day)\s*(?:burst\s+(\d+)\s*)?", re.IGNORECASE
)
SECONDS: Final[Mapping[str, int]] = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
RATE_KEY = "rate:"
ORDERED_KEY = "key:"


def unambiguous(org: str) -> str:
    """Return an org's name as the first part of a key: no other org can have a key that begins so."""
    return org.replace("%", "%25").replace(":", "%3A")


@dataclass(frozen=True, slots=True)
class Quota:
    """``count`` in ``period_seconds``."""

    count: int
    period_seconds: float
    burst: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``"600/min"``; the units are s, m, h, d and their long forms. Raises ValueError."""
        match = RATE.fullmatch(text)
        if match is None or int(match[1]) < 1 or (match[3] and int(match[3]) < 1):
            raise ValueError(f"{text!r} is no rate; write it like 30/m or 30/m burst 10")
        burst = int(match[3]) if match[3] else None
        return cls(int(match[1]), SECONDS[match[2][0].lower()], burst)


@dataclass(frozen=True, slots=True)
class Rate:
    """One start every ``interval_seconds``, and up to ``burst`` of them at once after a pause."""

    interval_seconds: float
    burst: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``"30/m"`` or ``"30/m burst 10"``; the units are s, m, h, d. Raises ValueError."""
        quota = Quota.parse(text)
        return cls(quota.period_seconds / quota.count, quota.burst or 1)

    @property
    def tolerance_seconds(self) -> float:
        """Return how far ahead the arrival time may lie for one more start."""
        return (self.burst - 1) * self.interval_seconds


@dataclass(frozen=True, slots=True)
class KindLimit:
    """The limits of one kind: how many at once, and how fast they start; None is no limit."""

    concurrency: int | None = None
    rate: Rate | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """All limits of a deployment. ``per_org`` is how many jobs of one org run at once, 0 for any."""

    per_org: int = 0
    kinds: Mapping[str, KindLimit] = field(default_factory=dict)

    @classmethod
    def of(cls, kinds: Iterable[Kind], per_org: int) -> Self:
        """Return the limits that the kinds and the settings state. Raises ValueError."""
        limited = {
            kind.name: KindLimit(kind.concurrency, Rate.parse(kind.rate) if kind.rate else None)
            for kind in kinds
            if kind.concurrency or kind.rate
        }
        return cls(per_org, limited)

    def keys(self, org: str, kind: str, concurrency_key: str | None) -> list[str]:
        """Return the keys of all limits that concern a job, the rate's among them."""
        limit = self.kinds.get(kind, KindLimit())
        keys = [f"org:{org}"] if self.per_org else []
        keys += [f"kind:{kind}"] if limit.concurrency else []
        if concurrency_key is not None:
            keys.append(f"{ORDERED_KEY}{unambiguous(org)}:{concurrency_key}")
        return keys + ([f"{RATE_KEY}{kind}"] if limit.rate else [])

    def most(self, key: str) -> int | None:
        """Return how many jobs may hold a slot of ``key`` at once; None when nothing limits it now."""
        scope, _, name = key.partition(":")
        match scope:
            case "org":
                return self.per_org or None
            case "kind":
                return self.kinds.get(name, KindLimit()).concurrency
            case "key":
                return 1
            case _:
                return None

    def rate(self, key: str) -> Rate | None:
        """Return the rate behind ``key``, None when it is no rate or is limited no more."""
        return self.kinds.get(key.removeprefix(RATE_KEY), KindLimit()).rate


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A queued job that a worker could start; ``first`` among those with its concurrency key."""

    id: UUID
    org: str
    kind: str
    concurrency_key: str | None
    score: float
    let_go_by: str | None = None
    first: bool = True


@dataclass(slots=True)
class Locked:
    """A limit as it stands while its row is locked; ``holds`` says that jobs wait for their turn."""

    used: int
    wait_seconds: float
    holds: bool = False


@dataclass(frozen=True, slots=True)
class Admission:
    """Who may start, with the slots each takes; who is held, and by which limit."""

    admitted: dict[UUID, list[str]] = field(default_factory=dict)
    held: dict[UUID, str] = field(default_factory=dict)


def decide(
    limits: Limits, candidates: Sequence[Candidate], locked: Mapping[str, Locked]
) -> Admission:
    """Admit candidates in their order as long as all of their limits have room; moves ``locked``.

    While a limit holds anybody, only those it let go may start: the others line up. Under a concurrency key
    even those start in their order only.
    """
    admission = Admission()
    for candidate in sorted(candidates, key=lambda c: c.score):
        keys = limits.keys(candidate.org, candidate.kind, candidate.concurrency_key)
        full = next((key for key in keys if not open_to(limits, key, locked[key], candidate)), None)
        if full is not None:
            admission.held[candidate.id] = full
            continue
        for key in keys:
            take(limits, key, locked[key])
        slots = [key for key in keys if not key.startswith(RATE_KEY)]
        admission.admitted[candidate.id] = slots
    return admission


def open_to(limits: Limits, key: str, limit: Locked, candidate: Candidate) -> bool:
    """Return whether it is the candidate's turn under ``key``, and has room there."""
    if key.startswith(ORDERED_KEY) and not candidate.first:
        return False
    return (not limit.holds or candidate.let_go_by == key) and room(limits, key, limit)


def room(limits: Limits, key: str, limit: Locked) -> bool:
    """Return whether one more job may start under ``key``."""
    if rate := limits.rate(key) if key.startswith(RATE_KEY) else None:
        return limit.wait_seconds <= rate.tolerance_seconds
    most = limits.most(key)
    return most is None or limit.used < most


def take(limits: Limits, key: str, limit: Locked) -> None:
    """Count one more start under ``key``."""
    if key.startswith(RATE_KEY):
        rate = limits.rate(key)
        limit.wait_seconds = max(limit.wait_seconds, 0.0) + (rate.interval_seconds if rate else 0.0)
    else:
        limit.used += 1
