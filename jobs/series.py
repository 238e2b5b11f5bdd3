"""Figures over time for charts: what finished and how fast, what waited, how full the workers were."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from jobs.db import Database
from jobs.resource import Resource
from jobs.store import Owner
from jobs.store.samples import Sample, samples
from jobs.store.series import Finish, Steps, finishes, standing
from realtime.caller import Caller

Window = Literal["15m", "1h", "24h"]
NOW = "SELECT now()"
MOST_KEPT = 100


@dataclass(frozen=True, slots=True)
class Span:
    """How a window is cut into points, how long an answer is good, how much of one's own is read."""

    step: timedelta
    points: int
    kept_seconds: float
    most_own: int


SPANS: Mapping[Window, Span] = {
    "15m": Span(timedelta(seconds=15), 60, 2.0, 5_000),
    "1h": Span(timedelta(minutes=1), 60, 5.0, 10_000),
    "24h": Span(timedelta(minutes=15), 96, 30.0, 20_000),
}


class FinishedPoint(Resource):
    """What finished within one step from ``time`` on. Times are seconds, null where nothing finished."""

    time: datetime
    succeeded: int
    failed: int
    others: int = Field(description="Stopped or expired")
    wait_p50: float | None = Field(description="From when it was due to its start")
    wait_p95: float | None
    run_p50: float | None = Field(description="Of the last attempt")
    run_p95: float | None


class StandingPoint(Resource):
    """How things stood within one step, at their worst; null where nobody knows."""

    time: datetime
    queued: int | None
    held: int | None = Field(description="Those kept back by a limit; null but for operators")
    running: int | None
    lag_seconds: float | None = Field(description="How long the oldest that could start had waited")
    workers: int | None
    slots: int | None
    busy: int | None


class KindFigures(Resource):
    """What finished of an org's kind in the whole window."""

    org: str
    kind: str
    queue: str
    succeeded: int
    failed: int
    others: int
    run_p50: float | None
    run_p95: float | None


class SeriesResource(Resource):
    """Points of equal length, oldest first; the last one is not over yet."""

    window: Window
    step_seconds: float
    now: datetime
    estimated: bool = Field(description="More finished than was looked at")
    finished: list[FinishedPoint]
    standing: list[StandingPoint]
    kinds: list[KindFigures]


class Series:
    """Reads series, each at most once in a while, however many look at it."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept: dict[tuple[Owner, Window], tuple[float, SeriesResource]] = {}
        self._reading: dict[tuple[Owner, Window], asyncio.Lock] = {}

    async def read(self, caller: Caller, window: Window) -> SeriesResource:
        """Return the series of what the caller may see. Raises Unavailable."""
        key = (Owner.reading(caller), window)
        if len(self._reading) > MOST_KEPT:
            self._forget()
        async with self._reading.setdefault(key, asyncio.Lock()):
            good_until, kept = self._kept.get(key, (0.0, None))
            if kept is None or time.monotonic() >= good_until:
                kept = await self._look(*key)
                self._kept[key] = (time.monotonic() + SPANS[window].kept_seconds, kept)
            return kept

    def _forget(self) -> None:
        self._kept.clear()
        self._reading = {key: lock for key, lock in self._reading.items() if lock.locked()}

    async def _look(self, owner: Owner, window: Window) -> SeriesResource:
        span = SPANS[window]
        [[now]] = await self._db.fetch(NOW)
        steps = steps_until(now, span)
        found = await finishes(self._db, steps, owner.org, owner.user)
        return SeriesResource(
            window=window,
            step_seconds=span.step.total_seconds(),
            now=now,
            estimated=any(one.estimated for one in found),
            finished=finished_points(steps, found),
            standing=await self._standing(owner, steps),
            kinds=[kind_figures(one) for one in found if one.point is None],
        )

    async def _standing(self, owner: Owner, steps: Steps) -> list[StandingPoint]:
        if owner.org is None:
            return sampled_points(steps, dict(await samples(self._db, steps.begin, steps.step)))
        moves = await standing(self._db, steps, owner.org, owner.user)
        return summed_points(steps, moves)


def steps_until(now: datetime, span: Span) -> Steps:
    """Return the steps of which the last one holds ``now``; they begin at round times, and so stay put."""
    seconds = span.step.total_seconds()
    last = datetime.fromtimestamp(now.timestamp() // seconds * seconds, now.tzinfo)
    return Steps(last - (span.points - 1) * span.step, span.step, span.points, span.most_own)


def finished_points(steps: Steps, found: Sequence[Finish]) -> list[FinishedPoint]:
    """Return every step's figures, those without any as nothing."""
    by_point = {one.point: one for one in found}
    nothing = Finish(None, None, None, None, False, 0, 0, 0, None, None, None, None)
    return [
        FinishedPoint(
            time=steps.begin + n * steps.step, **shown(by_point.get(n, nothing), FinishedPoint)
        )
        for n in range(steps.number)
    ]


def kind_figures(one: Finish) -> KindFigures:
    """Return what finished of one kind."""
    return KindFigures(**shown(one, KindFigures))


def shown(one: Finish, model: type[Resource]) -> dict[str, object]:
    """Return the fields that a model shows of what finished."""
    return {name: getattr(one, name) for name in model.model_fields if name != "time"}


def sampled_points(steps: Steps, found: Mapping[datetime, Sample]) -> list[StandingPoint]:
    """Return every step's sample; where nobody took one, nobody knows."""
    return [standing_point(begins, found.get(begins)) for begins in times_of(steps)]


def standing_point(begins: datetime, sample: Sample | None) -> StandingPoint:
    """Return one sample as a point."""
    names = [name for name in StandingPoint.model_fields if name != "time"]
    return StandingPoint(time=begins, **{name: getattr(sample, name, None) for name in names})


def summed_points(steps: Steps, moves: Sequence[tuple[int, int, int]]) -> list[StandingPoint]:
    """Return how many waited and ran at the end of each step, from how many came and went."""
    grown = {point: (queued, running) for point, queued, running in moves}
    queued, running = grown.get(-1, (0, 0))
    points: list[StandingPoint] = []
    for n, begins in enumerate(times_of(steps)):
        more, started = grown.get(n, (0, 0))
        queued, running = queued + more, running + started
        point = standing_point(begins, None)
        counts = {"queued": max(queued, 0), "running": max(running, 0)}
        points.append(point.model_copy(update=counts))
    return points


def times_of(steps: Steps) -> list[datetime]:
    """Return when each step begins."""
    return [steps.begin + n * steps.step for n in range(steps.number)]
