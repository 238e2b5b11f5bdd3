"""The one judge of all scenarios: compares what was promised, what is recorded, what ran, what was seen.

J1 every accepted job is in the table. J2 every job and batch reached its end in time. J3 at most one
ending per round, and nothing after it. J4 attempts and versions only grow. J5 a result is that of the
attempt that settled. J6 the user's sequence is dense: as many numbers as changes. J7 every watcher's view
is the record, told in order and once. J8 an attempt runs at most once, and only when it was started.
J9 no error but 503 with Retry-After. J10 a submission that had to be repeated made one job.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from jobs.models.state import FINAL
from jobs.store.plain_life import plain_life
from service.dev.child import becomes_true
from tests.faults.customer import Customer
from tests.faults.journal import Journal
from tests.faults.watcher import Seen, Watcher

UNFINISHED = """
SELECT (SELECT count(*) FROM jobs WHERE finished_at IS NULL)
  + (SELECT count(*) FROM batches WHERE completed_at IS NULL AND NOT open)
"""
JOBS = """
SELECT id, org_id, user_id, state, attempt, crashes, version, change_seq, result, created_at,
  started_at, finished_at, worker_name, history
FROM jobs
"""
SEQUENCES = "SELECT org_id, user_id, seq FROM sequences"
BATCHES = "SELECT org_id, user_id, version, change_seq FROM batches"
INCOMPLETE = "SELECT id FROM batches WHERE completed_at IS NULL AND NOT open"
ENDINGS = frozenset(f"job.{state}" for state in FINAL)


@dataclass(frozen=True)
class Row:
    """A job in the record, as far as the judge looks."""

    id: UUID
    org: str
    user: str
    state: str
    attempt: int
    crashes: int
    version: int
    change_seq: int
    result: Any
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    worker: str | None
    written: list[dict[str, Any]]

    @property
    def history(self) -> list[dict[str, Any]]:
        return self.written or plain_life(
            self.version, self.created_at, self.started_at, self.finished_at, self.worker
        )

    @property
    def final(self) -> bool:
        return self.state in FINAL

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [entry for entry in self.history if entry["type"] == kind]


@dataclass(frozen=True)
class Change:
    """What took numbers of a user's sequence: as many as it has versions, ``top`` last."""

    org: str
    user: str
    version: int
    top: int

    @classmethod
    def of(cls, row: Row) -> "Change":
        return cls(row.org, row.user, row.version, row.change_seq)


@dataclass
class Verdict:
    """Every broken promise in words, by its number, and how often jobs ran again.

    ``repeated`` counts all runs after a job's first, ``retried`` those that its own failures asked for.
    """

    jobs: int = 0
    broken: dict[str, list[str]] = field(default_factory=dict)
    repeated: int = 0
    retried: int = 0
    rescued: int = 0

    def add(self, promise: str, found: Iterable[str]) -> None:
        if told := list(found):
            self.broken.setdefault(promise, []).extend(told)

    def assert_kept(self) -> None:
        assert not self.broken, {promise: found[:5] for promise, found in self.broken.items()}


async def judge(
    database_url: str,
    customers: Sequence[Customer],
    watchers: Sequence[Watcher],
    journal: Journal | None = None,
    *,
    seconds: float = 15,
) -> Verdict:
    """Wait at most ``seconds`` for quiet and return what was found."""
    connection = await asyncpg.connect(database_url)
    try:
        await quiet(connection, seconds)
        rows = [read(record) for record in await connection.fetch(JOBS)]
        sequences = {(org, user): n for org, user, n in await connection.fetch(SEQUENCES)}
        incomplete = await connection.fetch(INCOMPLETE)
        batches = [Change(*record) for record in await connection.fetch(BATCHES)]
    finally:
        await connection.close()
    await caught_up(watchers, sequences, seconds)
    verdict = Verdict(jobs=len(rows), rescued=sum(row.crashes for row in rows))
    verdict.retried = sum(len(row.told("job.retrying")) for row in rows)
    judge_record(verdict, rows, customers)
    verdict.add("J2 unfinished", (f"batch {record['id']}" for record in incomplete))
    verdict.add("J6 sequence", wrong_sequences([*map(Change.of, rows), *batches], sequences))
    for watcher in watchers:
        verdict.add("J7 view", wrong_views(watcher, rows))
    if journal is not None:
        executed = Counter(journal.executions())
        verdict.repeated = len(executed) - len({job for job, _ in executed})
        verdict.add("J8 executions", wrong_executions(executed, rows))
    for customer in customers:
        verdict.add("J9 answers", customer.wrong)
    return verdict


async def quiet(connection: "asyncpg.Connection[Any]", seconds: float) -> None:
    """Wait until every job has ended; who has not is found by the judge."""

    async def done() -> bool:
        return not await connection.fetchval(UNFINISHED)

    try:
        await becomes_true(done, seconds)
    except TimeoutError:
        return


async def caught_up(
    watchers: Sequence[Watcher], sequences: dict[tuple[str, str], int], seconds: float
) -> None:
    """Wait until the watchers have come to the end; who has not is found by the judge."""
    tops = {user: number for (_, user), number in sequences.items()}
    for watcher in watchers:
        top = tops.get(watcher.user, 0)
        try:
            await watcher.until(lambda w=watcher, top=top: w.offset >= top, seconds)  # type: ignore[misc]
        except TimeoutError:
            return


def judge_record(verdict: Verdict, rows: Sequence[Row], customers: Sequence[Customer]) -> None:
    """Judge what is in the tables."""
    known = {row.id for row in rows}
    promised = {job for customer in customers for job in customer.accepted}
    verdict.add("J1 lost", map(str, promised - known))
    if not any(customer.gave_up for customer in customers):
        verdict.add("J10 made twice", map(str, known - promised))
    verdict.add("J2 unfinished", (f"{row.id} {row.state}" for row in rows if not row.final))
    verdict.add("J3 endings", (told for row in rows for told in wrong_endings(row)))
    verdict.add("J4 order", (told for row in rows for told in wrong_order(row)))
    verdict.add("J5 result", (told for row in rows for told in foreign_result(row)))


def wrong_endings(row: Row) -> Iterator[str]:
    """Find a second ending in a round, or anything after an ending but a new round."""
    ended = False
    for entry in row.history:
        if ended and not (entry["type"] == "job.queued" and entry.get("reason") == "retry"):
            yield f"{row.id}: {entry['type']} after its ending"
        ended = entry["type"] in ENDINGS
    if row.final and row.history[-1]["type"] != f"job.{row.state}":
        yield f"{row.id} is {row.state}, last told {row.history[-1]['type']}"


def wrong_order(row: Row) -> Iterator[str]:
    """Find versions with a hole, and attempts that do not count up by one."""
    versions = [entry["seq"] for entry in row.history]
    if versions != list(range(1, row.version + 1)):
        yield f"{row.id} is version {row.version} of {versions}"
    attempts = [entry["attempt"] for entry in row.told("job.started")]
    if attempts != list(range(1, row.attempt + 1)):
        yield f"{row.id} is at attempt {row.attempt} of {attempts}"


def foreign_result(row: Row) -> Iterator[str]:
    """Find a result that an earlier attempt, long fenced, has left."""
    told = row.result.get("attempt") if isinstance(row.result, dict) else None
    if row.state == "succeeded" and told is not None and told != row.attempt:
        yield f"{row.id}: attempt {row.attempt} settled the result of attempt {told}"


def wrong_sequences(
    changes: Sequence[Change], sequences: dict[tuple[str, str], int]
) -> Iterator[str]:
    """Find users whose numbers are not one for each change."""
    numbers: Counter[tuple[str, str]] = Counter()
    tops: Counter[tuple[str, str]] = Counter()
    for change in changes:
        owner = (change.org, change.user)
        numbers[owner] += change.version
        tops[owner] = max(tops[owner], change.top)
    for owner, number in numbers.items():
        if not number == sequences.get(owner) == tops[owner]:
            yield f"{owner}: {number} changes, sequence {sequences.get(owner)}, top {tops[owner]}"
    repeated = Counter((change.org, change.user, change.top) for change in changes)
    yield from (f"number {place} twice" for place, times in repeated.items() if times > 1)


def wrong_views(watcher: Watcher, rows: Sequence[Row]) -> Iterator[str]:
    """Find what a watcher shows otherwise than it is."""
    yield from watcher.trouble
    for row in rows:
        if row.user == watcher.user and watcher.view.get(row.id) != Seen(row.version, row.state):
            yield f"{row.id} is {row.version} {row.state}, shown {watcher.view.get(row.id)}"


def wrong_executions(executed: Counter[tuple[UUID, int]], rows: Sequence[Row]) -> Iterator[str]:
    """Find attempts that ran twice or were never started, and successes that never ran."""
    by_id = {row.id: row for row in rows}
    for (job, attempt), times in executed.items():
        if times > 1:
            yield f"{job}: attempt {attempt} ran {times} times"
        if job not in by_id or attempt > by_id[job].attempt:
            yield f"{job}: attempt {attempt} ran without being started"
    for row in rows:
        if row.state == "succeeded" and (row.id, row.attempt) not in executed:
            yield f"{row.id} succeeded, attempt {row.attempt} never ran"


def read(record: asyncpg.Record) -> Row:
    """Return a row with its JSON read."""
    values = [
        orjson.loads(value) if name in {"result", "history"} and value is not None else value
        for name, value in record.items()
    ]
    return Row(*values)
