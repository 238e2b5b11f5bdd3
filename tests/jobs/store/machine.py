"""The machine's second half: everything that happens to jobs once they are in, time included."""

from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from jobs import store
from jobs.store import ANYBODY, Outcome, Owner, Starter
from tests.jobs.store.arrivals import Arrivals, few, some, which
from tests.jobs.store.ledger import User
from tests.jobs.store.model import MAX_CRASHES, SUSPICIOUS, Fence
from tests.jobs.store.scene import HOUR, KINDS
from tests.jobs.store.world import USERS, World

DUE = """
UPDATE jobs SET run_at = now() - interval '1 s' WHERE state IN ('scheduled', 'retrying', 'waiting')
"""
LATE = "UPDATE jobs SET expires_at = now() - interval '1 s' WHERE id = ANY($1)"
REFILL = "UPDATE limits SET free_at = now() - interval '1 s' WHERE key LIKE 'rate:%'"
LAPSE = "UPDATE workers SET lease_until = now() - interval '1 s' WHERE id = $1"
LOSE = "DELETE FROM workers WHERE id = $1"
PAUSE = """
INSERT INTO paused_queues (name, paused_by) VALUES ('default', 'anna') ON CONFLICT DO NOTHING
"""
RESUME = "DELETE FROM paused_queues"

MOST = 100
SWEEPS = ["time_passes", "promote", "resolve", "resolve", "complete", "let_go", "read"]
LEASES = ["hire", "renew", "lapse", "lapse", "lose", "rescue", "rescue", "retire"]
HANDS = ["park", "park", "unpark", "unpark", "ask", "give_up", "answer", "answer", "notice"]
outcomes = st.sampled_from(["succeeded", "failed", "failed", "cancelled", "retrying", "queued"])


def running(world: World) -> bool:
    """Return whether an attempt has ever begun."""
    return bool(world.fences)


class StoreMachine(Arrivals):
    """All operations of the store."""

    def worker(self, place: int) -> UUID:
        """Return one of the workers, mostly one that may start jobs."""
        known = [w for w, alive in self.model.workers.items() if alive or place % 4 == 0]
        return known[place % len(known)]

    def fence(self, place: int) -> Fence:
        """Return an attempt: mostly one that runs, else an old one or a wrong owner."""
        fresh = [f for f in self.fences if self.model.mine(f)]
        if place % 4 and fresh:
            return fresh[place % len(fresh)]
        ident, attempt, worker = self.fences[place % len(self.fences)]
        return ident, attempt, worker if place % 8 else self.worker(place + 1)

    @rule(
        ends=st.booleans(),
        place=which,
        jobs=st.lists(which, min_size=2, max_size=6),
        wish=outcomes,
        failed=st.booleans(),
    )
    def work(self, ends: bool, place: int, jobs: list[int], wish: str, failed: bool) -> None:
        """Do what a worker does all day: start jobs and end them."""
        if ends and self.fences:
            self.settle(place, wish, failed=failed)
        else:
            self.start(place, jobs)

    def start(self, place: int, jobs: list[int]) -> None:
        self.model.paused = place % 16 == 1
        self.sql(PAUSE if self.model.paused else RESUME)
        self.begin_attempts(self.worker(place), self.pick(jobs, "queued"))

    @rule(jobs=some, place=which)
    def start_more(self, jobs: list[int], place: int) -> None:
        self.start(place, jobs)

    @rule(what=st.sampled_from(SWEEPS))
    def sweep(self, what: str) -> None:
        """Do what happens by itself."""
        getattr(self, what)()

    @rule(what=st.sampled_from(LEASES), place=which)
    def tend(self, what: str, place: int) -> None:
        """Do what happens to workers; one at least is left that may start jobs."""
        getattr(self, what)(place)
        if not any(self.model.workers.values()):
            self.new_worker()

    @precondition(running)
    @rule(what=st.sampled_from(HANDS), place=which)
    def lend_a_hand(self, what: str, place: int) -> None:
        """Do what an attempt does by its own hands."""
        getattr(self, what)(place)

    def begin_attempts(self, worker: UUID, ids: list[UUID]) -> None:
        """Start what no limit concerns, then what the limits admit: as a worker does."""
        starter = Starter(worker, "w", KINDS, SUSPICIOUS, self.model.limits)
        expected = self.model.start(worker, ids)
        rows = self.run(store.start(self.session, starter, ids))
        self.changed(rows, expected, "start")
        expected = self.model.start_limited(worker, ids)
        limited = self.run(store.start_limited(self.session, starter, ids)).rows
        self.changed(limited, expected, "start limited")
        self.fences += [(row.id, row.attempt, worker) for row in [*rows, *limited]]
        self.reach("start: a suspect", any(row.crashes for row in [*rows, *limited]))
        self.reach("start: held by a limit", any(self.held(ident) for ident in ids))

    def held(self, ident: UUID) -> str | None:
        """Return what holds a job."""
        return self.model.jobs[ident].held

    def settle(self, place: int, wish: str, *, failed: bool) -> None:
        ident, attempt, worker = fence = self.fence(place)
        expected = self.model.settle(fence, wish, failed=failed)
        outcome = Outcome(ident, attempt, wish, wish, delay_seconds=HOUR, failed=failed)
        rows = self.run(store.settle(self.session, worker, [outcome]))
        self.changed(rows, expected, f"settle {wish}")
        self.reach("settle: fenced", not rows)
        if place % 2:
            self.let_go()

    @precondition(lambda self: self.model.jobs)
    @rule(jobs=few, user=st.none() | st.sampled_from(USERS))
    def cancel(self, jobs: list[int], user: User | None) -> None:
        ids = self.pick(jobs, "queued", "running", "waiting", "retrying")
        expected = self.model.cancel(ids, user)
        rows = self.run(store.cancel(self.session, Owner(*user) if user else ANYBODY, ids))
        self.changed(rows, expected, "cancel")
        self.reach("cancel: a descendant", expected - set(ids))

    @precondition(lambda self: self.model.jobs)
    @rule(jobs=some)
    def retry(self, jobs: list[int]) -> None:
        ids = self.pick(jobs, "failed", "cancelled", "expired")
        expected = self.model.retry(ids)
        self.changed(self.run(store.retry(self.session, ANYBODY, ids)), expected, "retry")
        self.reach("retry: gives way", any(self.model.jobs[i].final for i in ids))

    @precondition(lambda self: self.model.jobs)
    @rule(jobs=some)
    def delete(self, jobs: list[int]) -> None:
        ids = self.pick(jobs, "succeeded", "failed", "cancelled", "expired")
        expected = self.model.delete(ids)
        assert set(self.run(store.delete(self.session, ANYBODY, ids))) == expected
        self.deleted |= bool(expected)
        self.reach("delete", expected)
        self.reach("delete: followed", any(self.model.jobs[i].final for i in {*ids} - expected))

    def time_passes(self) -> None:
        self.sql(DUE)
        self.sql(REFILL)
        self.model.starts.clear()
        for job in self.model.jobs.values():
            if job.state in {"scheduled", "retrying", "waiting"}:
                job.future = False

    def promote(self) -> None:
        expected = self.model.promote()
        self.changed(self.run(store.promote(self.session, MOST)), expected, "promote")

    @precondition(lambda self: self.model.jobs)
    @rule(jobs=some)
    def expire(self, jobs: list[int]) -> None:
        found = self.pick(jobs, "waiting", "scheduled", "queued")
        late = [ident for ident in found if self.model.jobs[ident].expires]
        self.sql(LATE, late)
        for ident in late:
            self.model.jobs[ident].late = True
        expected = self.model.expire() if len(jobs) > 1 else set()
        if len(jobs) > 1:  # else it is found late by whoever would start it
            self.changed(self.run(store.expire(self.session, MOST)), expected, "expire")

    def resolve(self) -> None:
        expected = self.model.resolve()
        self.changed(self.run(store.resolve(self.session, MOST)), expected, "resolve")

    def complete(self) -> None:
        expected = self.model.complete()
        done = self.run(store.complete_batches(self.session, MOST))
        assert {batch.id for batch in done} == expected
        self.reach("complete", expected)
        self.reach("complete: another round", any(batch.round > 1 for batch in done))

    def hire(self, _: int) -> None:
        self.new_worker()

    def renew(self, place: int) -> None:
        worker = self.worker(place)
        alive = worker in self.model.workers
        assert self.run(store.renew(self.session, worker, HOUR)) == alive
        self.reach("renew: late", alive and not self.model.workers[worker])
        if alive:
            self.model.workers[worker] = True

    def lapse(self, place: int) -> None:
        worker = self.worker(place)
        self.sql(LAPSE, worker)
        self.model.workers[worker] = False

    def lose(self, place: int) -> None:
        """Lose a worker's row; rescued at once, before the audit finds the orphans."""
        worker = self.worker(place)
        self.sql(LOSE, worker)
        del self.model.workers[worker]
        self.rescue(place)

    def rescue(self, _: int) -> None:
        expected = self.model.rescue()
        rows = self.run(store.rescue(self.session, 0.0, MAX_CRASHES))
        self.changed(rows, expected, "rescue")

    def retire(self, place: int) -> None:
        worker = self.worker(place)
        busy = any(job.worker == worker for job in self.model.jobs.values())
        self.run(store.retire(self.session, worker))
        if not busy:
            del self.model.workers[worker]
        self.reach("retire: busy", busy)

    def park(self, place: int) -> None:
        fence = self.fence(place)
        self.run(store.park(self.session, fence))
        job = self.model.mine(fence)
        if job and job.slots:
            self.parked[fence] = job.slots
            self.model.give_back(job)
            self.reach("park")

    def unpark(self, place: int) -> None:
        if not self.parked:
            return
        fence = list(self.parked)[place % len(self.parked)]
        slots = self.parked.pop(fence)
        self.run(store.unpark(self.session, fence, slots))
        if job := self.model.mine(fence):
            crowded = any(not self.model.room(key) for key in slots)
            job.slots = slots
            self.model.used.update(slots)
            self.reach("unpark: one too many", crowded)
        self.reach("unpark: fenced", job is None)

    def ask(self, place: int) -> None:
        self.request(self.fence(place), 1)

    def give_up(self, place: int) -> None:
        self.request(self.fence(place), None)

    def request(self, fence: Fence, number: int | None) -> None:
        """Ask for input, or give up asking."""
        awaiting = {"number": number, "prompt": "?"} if number else None
        changed = self.run(store.ask(self.session, fence, awaiting))
        expected: set[UUID] = set()
        if (job := self.model.mine(fence)) and (number or job.awaiting):
            job.awaiting = number
            kind = "job.input_requested" if number else "job.input_expired"
            expected = self.model.change([(job, "running", kind)])
        self.changed([changed] if changed else [], expected, "ask")

    def answer(self, place: int) -> None:
        """Answer the first request, or one that was never made."""
        waiting = [f for f in self.fences if (j := self.model.mine(f)) and j.awaiting]
        ident = waiting[place % len(waiting)][0] if waiting else self.fence(place)[0]
        number = 1 if place % 4 else 2
        job = self.model.jobs.get(ident)
        expected: set[UUID] = set()
        if job and job.state == "running" and job.awaiting == number:
            job.awaiting = None
            expected = self.model.change([(job, "running", "job.input_received")])
            self.sql("DELETE FROM answers WHERE job_id = $1", ident)  # a question is asked once
        changed = self.run(store.answer(self.session, ANYBODY, ident, number, {}, "anna"))
        self.changed([changed] if changed else [], expected, "answer")

    def notice(self, place: int) -> None:
        """Put a word into the inbox, now and then the same one again."""
        entry = self.entries[-1] if self.entries and place % 3 == 0 else self.new_id()
        self.entries.append(entry)
        fence = self.fence(place)
        expected = self.model.notice(fence, entry)
        found = self.run(store.notice(self.session, fence, entry, "ping", {}))
        assert (found is not None) == expected
        self.reach("notice" if found else "notice: there already, or fenced")

    def read(self) -> None:
        for user in USERS:
            expected = self.model.read(user)
            rows = self.run(store.read_inbox(self.session, *user, None, MOST))
            assert {row.id for row in rows} == expected
            self.reach("read", rows)

    def let_go(self) -> None:
        """Let go whom a limit has room for; afterwards no limit with room holds anybody."""
        limits = self.model.limits
        standing = self.run(store.holding(self.session))
        room = {key: store.room_of(limits, key, at, MOST)[0] for key, at in standing.items()}
        assert room == {
            key: min(self.model.room(key), MOST)
            for key in {j.held for j in self.model.jobs.values() if j.held}
        }
        rows = self.run(store.let_go(self.session, room))
        assert {row.id for row in rows} == self.model.let_go(room)
        self.reach("let go", rows)
