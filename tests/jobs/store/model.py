"""What every operation of the store comes to, said once more in plain Python.

Each method changes the ledger as the operation has to change the record, and returns the ids of the jobs
that changed by it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from jobs.limits import Limits
from tests.jobs.store.ledger import Change, Entry, Hook, Ledger, ModelBatch, ModelJob, User

Fence = tuple[UUID, int, UUID]

SUSPICIOUS = 1
MAX_CRASHES = 2
UNSTARTED = {"waiting", "scheduled", "queued"}


class Model(Ledger):
    """Jobs under ``limits``, and everybody who acts on them."""

    def __init__(self, hooks: Sequence[Hook], limits: Limits) -> None:
        super().__init__(hooks)
        self.limits = limits
        self.workers: dict[UUID, bool] = {}
        self.keys: dict[tuple[str, str, str], tuple[bytes, UUID]] = {}
        self.dependencies: set[tuple[UUID, UUID]] = set()
        self.starts: Counter[str] = Counter()
        self.last_orgs: dict[str, str] = {}
        self.paused = False

    def limit_keys(self, job: ModelJob) -> list[str]:
        return self.limits.keys(job.owner[0], job.kind, job.key)

    def owner_of(self, key: str | None, job: ModelJob) -> UUID | None:
        """Return the unfinished job that has the unique key."""
        for other in self.jobs.values():
            same = (other.owner, other.kind, other.unique) == (job.owner, job.kind, key)
            if key is not None and same and not other.final:
                return other.id
        return None

    def startable(self, worker: UUID, ids: Collection[UUID]) -> list[ModelJob]:
        """Return who could start if there were no limits."""
        queued = [j for i in set(ids) if (j := self.jobs.get(i)) and j.state == "queued"]
        suspects = sorted((j for j in queued if j.crashes >= SUSPICIOUS), key=lambda j: j.score)
        busy = any(j.worker == worker and j.crashes >= SUSPICIOUS for j in self.jobs.values())
        allowed = suspects[:1] if not busy else []
        return [
            j
            for j in queued
            if self.workers.get(worker) and not self.paused and j.held is None
            and not (j.late and j.attempt == 0)
            and (j.crashes < SUSPICIOUS or j in allowed)
        ]  # fmt: skip

    def start(self, worker: UUID, ids: Collection[UUID]) -> set[UUID]:
        """Start whom no limit concerns."""
        free = [j for j in self.startable(worker, ids) if not self.limit_keys(j)]
        return self.begin(worker, free)

    def start_limited(self, worker: UUID, ids: Collection[UUID]) -> set[UUID]:
        """Admit in the order of scores; hold the rest."""
        admitted = []
        waiting = {job.held for job in self.jobs.values()}
        for job in sorted(self.startable(worker, ids), key=lambda j: j.score):
            keys = self.limit_keys(job)
            full = next((key for key in keys if not self.open_to(key, job, waiting)), None)
            if full is not None:
                job.held, job.turn = full, None
                continue
            job.turn = None
            job.slots = [key for key in keys if not key.startswith("rate:")]
            self.used.update(job.slots)
            self.starts.update(key for key in keys if key.startswith("rate:"))
            admitted.append(job)
        return self.begin(worker, admitted)

    def open_to(self, key: str, job: ModelJob, waiting: set[str | None]) -> bool:
        """Return whether it is the job's turn under ``key``, and has room there."""
        if key.startswith("key:") and not self.first(job):
            return False
        return (key not in waiting or job.turn == key) and bool(self.room(key))

    def first(self, job: ModelJob) -> bool:
        """Return whether no queued job of the same concurrency key comes before it."""
        return not any(
            other.state == "queued" and other.score < job.score
            for other in self.jobs.values()
            if (other.owner[0], other.key) == (job.owner[0], job.key)
        )

    def room(self, key: str) -> int:
        """Return how many more may start under ``key``."""
        if rate := self.limits.rate(key) if key.startswith("rate:") else None:
            return rate.burst - self.starts[key]
        most = self.limits.most(key)
        return max((most if most is not None else 1_000) - self.used[key], 0)

    def begin(self, worker: UUID, jobs: Sequence[ModelJob]) -> set[UUID]:
        for job in jobs:
            job.attempt, job.worker = job.attempt + 1, worker
        return self.change([(job, "running", "job.started") for job in jobs])

    def mine(self, fence: Fence) -> ModelJob | None:
        """Return the job whose running attempt this is."""
        ident, attempt, worker = fence
        job = self.jobs.get(ident)
        held = job and job.state == "running" and (job.attempt, job.worker) == (attempt, worker)
        return job if held else None

    def settle(self, fence: Fence, wish: str, *, failed: bool) -> set[UUID]:
        """End an attempt."""
        if (job := self.mine(fence)) is None:
            return set()
        becomes = "cancelled" if job.stop and wish in {"retrying", "queued"} else wish
        job.failures += failed
        job.future = job.future or becomes == "retrying"
        return self.let_off([(job, becomes, f"job.{becomes}")])

    def let_off(self, changes: Sequence[Change]) -> set[UUID]:
        """Take running jobs from their workers."""
        for job, _, _ in changes:
            self.give_back(job)
            job.worker, job.awaiting = None, None
        return self.change(changes)

    def rescue(self) -> set[UUID]:
        """Take the jobs of workers whose lease ran out or who are gone."""
        changes: list[Change] = []
        for job in self.jobs.values():
            if job.state == "running" and not self.workers.get(job.worker or job.id):
                job.crashes += 1
                poison = "failed" if job.crashes >= MAX_CRASHES else "queued"
                becomes = "cancelled" if job.stop else poison
                changes.append((job, becomes, f"job.{becomes}"))
        self.workers = {worker: alive for worker, alive in self.workers.items() if alive}
        return self.let_off(changes)

    def cancel(self, ids: Iterable[UUID], owner: User | None) -> set[UUID]:
        """Stop jobs and their descendants."""
        wanted = [j for i in ids if (j := self.jobs.get(i)) and not j.final]
        family = {j.id for j in wanted if owner is None or j.owner == owner}
        while more := {j.id for j in self.jobs.values() if j.parent in family} - family:
            family |= more
        jobs = [self.jobs[i] for i in family]
        stopped = [j for j in jobs if not j.final and not (j.state == "running" and j.stop)]
        changes: list[Change] = []
        for job in stopped:
            job.stop, job.held = True, None
            running = job.state == "running"
            kind = "job.cancelling" if running else "job.cancelled"
            changes.append((job, "running" if running else "cancelled", kind))
        return self.change(changes)

    def retry(self, ids: Collection[UUID]) -> set[UUID]:
        """Queue again; of several with one unique key the newest."""
        ended = {"failed", "cancelled", "expired"}
        wanted = [j for i in set(ids) if (j := self.jobs.get(i)) and j.state in ended]
        newest = {(j.owner, j.kind, j.unique): j for j in sorted(wanted, key=lambda j: j.id)}
        free = [j for j in wanted if self.owner_of(j.unique, j) is None]
        again = [j for j in free if j.unique is None or newest[j.owner, j.kind, j.unique] is j]
        for job in again:
            job.failures = job.crashes = 0
            job.stop = job.late = job.expires = job.future = False
            job.followed |= any(after == job.id for after, _ in self.dependencies)
        return self.change([(job, "queued", "job.queued") for job in again])

    def promote(self) -> set[UUID]:
        """Queue what is due."""
        due = [
            j
            for j in self.jobs.values()
            if j.state in {"scheduled", "retrying"} and not j.future
            and not (j.late and j.attempt == 0)
        ]  # fmt: skip
        return self.change([(job, "queued", "job.queued") for job in due])

    def expire(self) -> set[UUID]:
        """End what was not started in time."""
        late = [j for j in self.jobs.values() if j.late and j.attempt == 0 and j.state in UNSTARTED]
        for job in late:
            job.held = None
        return self.change([(job, "expired", "job.expired") for job in late])

    def resolve(self) -> set[UUID]:
        """Move on who waited for jobs that are over."""
        done = {j.id for j in self.jobs.values() if j.followed and j.final}
        waiting = {job for after, job in self.dependencies if after in done}
        jobs = [self.jobs[i] for i in waiting if self.jobs[i].state == "waiting"]
        found = [(job, becomes) for job in jobs if (becomes := self.resolved(job))]
        for ident in done:
            self.jobs[ident].followed = False
        return self.change([(job, becomes, f"job.{becomes}") for job, becomes in found])

    def resolved(self, job: ModelJob) -> str | None:
        before = [self.jobs[after] for after, waits in self.dependencies if waits == job.id]
        if job.policy != "run" and any(b.final and b.state != "succeeded" for b in before):
            return {"cancel": "cancelled", "fail": "failed"}[job.policy or "fail"]
        if all(b.final for b in before):
            return "scheduled" if job.future else "queued"
        return None

    def delete(self, ids: Collection[UUID]) -> set[UUID]:
        """Remove what is over and not followed."""
        gone = {i for i in set(ids) if (j := self.jobs.get(i)) and j.final and not j.followed}
        self.buried += [self.jobs.pop(i) for i in gone]
        self.dependencies = {(a, b) for a, b in self.dependencies if not {a, b} & gone}
        return gone

    def complete(self) -> set[UUID]:
        """Complete batches that have nothing left to do; return their ids."""
        unfinished = {"running", "retrying", *UNSTARTED}
        done = [
            i
            for i, b in sorted(self.batches.items())
            if not b.open and not b.completed and not unfinished & {*(+self.members(i))}
        ]
        for ident in done:
            batch = self.batches[ident]
            batch.completed, batch.version = True, batch.version + 1
            batch.number = self.next_number(batch.owner)
            self.tell(batch.owner, ("batch.completed", "batch.*"), ident, batch.version)
        return set(done)

    def tell(self, owner: User, names: tuple[str, str], subject: UUID, version: int) -> None:
        """Tell webhooks of what is no job's change and took the newest number."""
        for hook in self.hooks:
            if hook.hears(owner, names):
                self.deliveries[hook.id, names[0], subject, version, self.seqs[owner]] += 1

    def let_go(self, room: Mapping[str, int]) -> set[UUID]:
        """Let held jobs of each key go, orgs in turn behind the one whose turn was last."""
        gone: list[ModelJob] = []
        for key, most in sorted(room.items()):
            for _ in range(most):
                held = [j for j in self.jobs.values() if j.held == key]
                if not held or (key.startswith("key:") and self.on_its_way(key)):
                    break
                orgs = {j.owner[0] for j in held}
                last = self.last_orgs.get(key, "")
                org = min((o for o in orgs if o > last), default=min(orgs))
                job = min((j for j in held if j.owner[0] == org), key=lambda j: j.score)
                job.held, job.turn = None, key
                self.last_orgs[key] = org
                gone.append(job)
        return {job.id for job in gone}

    def on_its_way(self, key: str) -> bool:
        """Return whether somebody was let go of ``key`` and has not started yet."""
        let_go = [j for j in self.jobs.values() if j.turn == key and j.state == "queued"]
        return bool(let_go) and not self.paused

    def new_batch(self, ident: UUID, owner: User, *, open_: bool) -> None:
        self.batches[ident] = ModelBatch(owner, open_, self.next_number(owner))

    def notice(self, fence: Fence, entry: UUID) -> bool:
        """Put a processor's word into the inbox, once."""
        job = self.mine(fence)
        if job is None or entry in self.inbox:
            return False
        self.inbox[entry] = Entry(job.owner, "ping", self.next_number(job.owner))
        self.tell(job.owner, ("notification.ping", "notification.*"), entry, 0)
        return True

    def read(self, owner: User) -> set[UUID]:
        """Mark a user's entries as read."""
        unread = [i for i, e in sorted(self.inbox.items()) if e.owner == owner and not e.read]
        for ident in unread:
            self.inbox[ident].read = True
            self.inbox[ident].number = self.next_number(owner)
        return set(unread)
