"""The judge: everything each client was told over the wire, against the record in Postgres."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import asyncpg

from service.dev.child import becomes_true
from tests.faults.realtime.crowd import Client
from tests.faults.realtime.sight import FINAL, Sight

JOBS = """
SELECT id::text, org_id, user_id, state, version, change_seq,
  extract(epoch FROM coalesce(finished_at, now()))::float8
FROM jobs
"""
SEQUENCES = "SELECT org_id, user_id, seq FROM sequences"
BATCHES = "SELECT id::text, version, completed_at IS NOT NULL FROM batches"
SORTS = ("gap", "double", "order", "ending", "back", "place")


@dataclass(frozen=True)
class Job:
    """A job in the record; ``stamped_at`` (Unix time) is when its last change began to be written."""

    id: str
    org: str
    user: str
    state: str
    version: int
    change_seq: int
    stamped_at: float = 0


@dataclass
class Record:
    """What is true, once all is quiet."""

    jobs: dict[str, Job] = field(default_factory=dict)
    tops: dict[tuple[str, str], int] = field(default_factory=dict)
    batches: dict[str, tuple[int, bool]] = field(default_factory=dict)
    of_user: dict[tuple[str, str], list[Job]] = field(default_factory=dict)
    of_org: dict[str, list[Job]] = field(default_factory=dict)

    def top(self, sight: Sight, org: str, user: str) -> int:
        """Return the newest offset of a channel."""
        ident = sight.asked.partition(":")[2]
        match sight.kind:
            case "user":
                return self.tops.get((org, user), 0)
            case "org":
                return sum(seq for (of, _), seq in self.tops.items() if of == ident)
            case "batch":
                return self.batches[ident][0]
        return self.jobs[ident].version


@dataclass
class Verdict:
    """What was wrong, by sort, and who was judged."""

    broken: dict[str, list[str]] = field(default_factory=dict)
    clients: int = 0
    stayed: int = 0
    endings: int = 0
    owed: int = 0
    jobs: int = 0

    def add(self, words: Iterable[str]) -> None:
        for each in words:
            self.broken.setdefault(each.partition(":")[0], []).append(each)

    @property
    def counts(self) -> Counter[str]:
        return Counter({sort: len(self.broken.get(sort, ())) for sort in SORTS})

    def assert_kept(self) -> None:
        assert not self.broken, {sort: found[:5] for sort, found in self.broken.items()}


async def read(database_url: str) -> Record:
    """Read the record."""
    connection = await asyncpg.connect(database_url)
    try:
        jobs = [Job(*row) for row in await connection.fetch(JOBS)]
        sequences = await connection.fetch(SEQUENCES)
        batches = await connection.fetch(BATCHES)
    finally:
        await connection.close()
    of_user, of_org = defaultdict(list), defaultdict(list)
    for job in jobs:
        of_user[job.org, job.user].append(job)
        of_org[job.org].append(job)
    return Record(
        {job.id: job for job in jobs},
        {(org, user): seq for org, user, seq in sequences},
        {ident: (version, complete) for ident, version, complete in batches},
        of_user,
        of_org,
    )


async def caught_up(record: Record, clients: Sequence[Client], seconds: float) -> None:
    """Wait until those who stay have seen everything; who has not is found by the judge."""

    async def all_there() -> bool:
        return all(is_there(record, client) for client in clients if client.stays)

    try:
        await becomes_true(all_there, seconds)
    except TimeoutError:
        return


def is_there(record: Record, client: Client) -> bool:
    return all(
        sight.left or sight.offset >= record.top(sight, client.user.org, client.user.name)
        for sight in client.listener.sights
    )


def judged(record: Record, clients: Sequence[Client]) -> Verdict:
    """Judge every client: those who left by what they had claimed to have seen, the others by all."""
    verdict = Verdict(clients=len(clients), jobs=len(record.jobs))
    for client in clients:
        verdict.stayed += client.stays
        verdict.add(client.trouble)
        for sight in client.listener.sights:
            verdict.endings += sum(sight.endings.values())
            if sight.offset >= 0:
                verdict.owed += sum(job.state in FINAL for job in owed(record, client, sight))
                verdict.add(wrong(record, client, sight))
            elif client.stays:
                verdict.add([f"place: {client.user.name} {sight.asked} was never told anything"])
    return verdict


def wrong(record: Record, client: Client, sight: Sight) -> Iterator[str]:
    """Find what a client was not told, was told otherwise, or twice."""
    who = f"{sight.asked} of {client.user.name} by {client.listener.transport}"
    top = record.top(sight, client.user.org, client.user.name)
    if sight.offset > top or (client.stays and not sight.left and sight.offset < top):
        yield f"place: {who} is at {sight.offset} of {top}"
    if sight.left == "gone" or (sight.left and sight.kind != "job"):
        yield f"place: {who} was let go of: {sight.left}"
    if client.stays and sight.kind == "batch" and not told_complete(record, sight):
        yield f"ending: {who} was not told that it is complete"
    for job in owed(record, client, sight):
        yield from wrong_job(job, client, sight, who)
    for subject, times in sight.endings.items():
        if times > 1:
            yield f"ending: {who} was told {times} endings of {subject}"


def told_complete(record: Record, sight: Sight) -> bool:
    version, complete = record.batches[sight.asked.partition(":")[2]]
    return (
        sight.complete or not complete or sight.start == version
    )  # joined too late, without snapshot


def owed(record: Record, client: Client, sight: Sight) -> list[Job]:
    """Return the jobs whose latest change the client must have been shown or told."""
    if sight.kind == "user":
        mine = record.of_user.get((client.user.org, client.user.name), [])
        since = -1 if sight.start is None else sight.start
        due = [job for job in mine if since < job.change_seq <= sight.offset]
        return [job for job in due if seen(sight, job) or job.change_seq > sight.unshown]
    if sight.kind == "org" and client.stays:
        all_of_org = record.of_org.get(sight.asked.partition(":")[2], [])
        return [job for job in all_of_org if seen(sight, job) or job.stamped_at > sight.owed_from]
    if sight.kind == "job" and (client.stays or sight.left):
        job = record.jobs[sight.asked.partition(":")[2]]
        return [job] if seen(sight, job) or sight.start != job.version else []
    return []


def seen(sight: Sight, job: Job) -> bool:
    """Say whether a client shows this job at all."""
    return f"job:{job.id}" in sight.versions


def wrong_job(job: Job, client: Client, sight: Sight, who: str) -> Iterator[str]:
    """Compare one job with what the client shows of it."""
    subject = f"job:{job.id}"
    version, state = sight.versions.get(subject), sight.states.get(subject)
    if version != job.version or state != job.state:
        sort = "ending" if job.state in FINAL else "gap"
        yield f"{sort}: {who}: {subject} is {job.version} {job.state}, shown {version} {state}"
    if sight.kind == "job" and job.state in FINAL and not sight.left:
        yield f"ending: {who} was not let go of"
