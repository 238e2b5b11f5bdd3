"""The machine's first half: jobs come in, with every key and tie a submission may have."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from jobs import store
from jobs.db import Statements
from jobs.errors import IdempotencyMismatch
from jobs.store import Accepted, JobRow, NewJob, Owner
from tests.jobs.store.ledger import ModelJob
from tests.jobs.store.scene import HOUR, KINDS, accept_after
from tests.jobs.store.world import HOOKS, USERS, World

which = st.integers(0, 99)
some = st.lists(which, min_size=1, max_size=4)
few = st.lists(which, min_size=1, max_size=2)
wanted = st.fixed_dictionaries(
    {
        "user": st.sampled_from(USERS),
        "kind": st.sampled_from(["free", "free", *KINDS]),
        "key": st.sampled_from([None, None, None, "k"]),
        "unique": st.sampled_from([None, None, None, "u"]),
        "once": st.sampled_from([None, None, None, None, "i", "j"]),
        "body": st.sampled_from([b"a", b"a", b"b"]),
        "delayed": st.sampled_from([False, False, True]),
        "expires": st.booleans(),
        "notify": st.booleans(),
        "hears": st.booleans(),
        "parent": st.one_of(st.none(), st.none(), st.none(), which),
    }
)

Pair = tuple[NewJob, ModelJob]


class Arrivals(World):
    """Submissions, alone, together, after others, and as batches."""

    def built(
        self, w: dict[str, Any], policy: str | None = None, batch: UUID | None = None
    ) -> Pair:
        """Return a submission, and the job it makes."""
        state = "waiting" if policy else "scheduled" if w["delayed"] else "queued"
        parents = self.pick([w["parent"]]) if w["parent"] is not None else []
        job = ModelJob(
            self.new_id(), w["user"], w["kind"], state, w["notify"],
            hears=HOOKS[-1].id if w["hears"] else None, batch=batch,
            parent=parents[0] if parents else None, unique=w["unique"], key=w["key"],
            policy=policy, future=w["delayed"], expires=w["expires"],
        )  # fmt: skip
        return self.submission(job, w["once"], w["body"]), job

    def submission(self, job: ModelJob, once: str | None, body: bytes) -> NewJob:
        """Return what makes ``job``."""
        return NewJob(
            job.id, *job.owner, job.kind, {}, 3, 60.0,
            priority=self.count, delay_seconds=HOUR if job.future else None,
            parent_id=job.parent, batch_id=job.batch, webhook_id=job.hears,
            unique_key=job.unique, concurrency_key=job.key,
            expires_seconds=HOUR if job.expires else None, notify=job.notify,
            after_policy=job.policy, limits=self.model.limit_keys(job),
            idempotency_key=once, fingerprint=body,
        )  # fmt: skip

    def take(self, pairs: Sequence[Pair]) -> list[Any]:
        """Do in the model what submissions do; return the expected ids or mismatches."""
        answers: dict[UUID, Any] = {}
        left = list(pairs)
        while left:
            taken: set[tuple[Any, ...]] = set()
            fresh: list[Pair] = []
            twins: list[Pair] = []
            for pair in left:
                keys = keys_of(*pair)
                (twins if keys & taken else fresh).append(pair)
                taken |= keys
            answers |= self.take_distinct(fresh)
            left = twins
        return [answers[new.id] for new, _ in pairs]

    def take_distinct(self, pairs: Sequence[Pair]) -> dict[UUID, Any]:
        """Take those in that share no key with each other."""
        known = {new.id: self.found(new, job) for new, job in pairs}
        for new, job in pairs:
            made = known[new.id] or new.id
            if new.idempotency_key and isinstance(made, UUID):
                kept = new.fingerprint, made
                self.model.keys.setdefault((*job.owner, new.idempotency_key), kept)
        holding = {j.held for j in self.model.jobs.values()}
        made_jobs = [job for new, job in pairs if known[new.id] is None]
        for job in made_jobs:
            behind = [key for key in self.model.limit_keys(job) if key in holding]
            job.held = behind[0] if behind and job.state == "queued" else None
        self.model.add(made_jobs)
        return {ident: answer or ident for ident, answer in known.items()}

    def found(self, new: NewJob, job: ModelJob) -> UUID | IdempotencyMismatch | None:
        """Return what the model knows for the keys of a submission."""
        kept = self.model.keys.get((*job.owner, new.idempotency_key or ""))
        if kept is None:
            return self.model.owner_of(job.unique, job)
        if kept[0] != new.fingerprint or kept[1] not in self.model.jobs:
            return IdempotencyMismatch()
        return kept[1]

    def compare(self, answers: Sequence[Any], expected: Sequence[Any], label: str) -> None:
        """Compare what became of submissions."""
        for answer, wish in zip(answers, expected, strict=True):
            if not isinstance(answer, Accepted):
                assert isinstance(wish, IdempotencyMismatch)
                self.reach(f"{label}: mismatch")
                continue
            assert answer.row.id == wish
            self.reach(f"{label}: {answer.how}")
            if answer.how is store.How.NEW:
                self.enter(answer.row)

    def enter(self, row: JobRow) -> None:
        """Remember a new row; of several keys that hold jobs any may hold it."""
        job = self.model.jobs[row.id]
        job.score = row.score
        if row.held_by != job.held:
            assert job.held
            assert row.held_by in self.model.limit_keys(job)
            assert any(j.held == row.held_by for j in self.model.jobs.values())
            job.held = row.held_by
        self.reach("accept: held", row.held_by)

    @initialize(
        per_org=st.sampled_from([0, 0, 0, 2]), jobs=st.lists(wanted, min_size=4, max_size=6)
    )
    def begin(self, per_org: int, jobs: list[dict[str, Any]]) -> None:
        """Begin with some jobs."""
        self.begin_anew(per_org)
        self.accept(jobs)

    @rule(jobs=st.lists(wanted, min_size=1, max_size=3))
    def accept(self, jobs: list[dict[str, Any]]) -> None:
        pairs = [self.built(w) for w in jobs]
        expected = self.take(pairs)
        answers = self.run(store.accept(self.session, [new for new, _ in pairs]))
        self.compare(answers, expected, "accept")

    @precondition(lambda self: self.model.jobs)
    @rule(w=wanted, after=some, policy=st.sampled_from(["fail", "cancel", "run", "run"]))
    def accept_after(self, w: dict[str, Any], after: list[int], policy: str) -> None:
        new, job = self.built(w, policy)
        before = set(self.pick(after, "queued", "running", "failed", "waiting"))
        for ident in before:
            self.model.jobs[ident].followed = True
        expected = self.take([(new, job)])
        if expected == [new.id]:
            self.model.dependencies |= {(ident, new.id) for ident in before}
        answers = self.run(accept_after(self.session, new, *before))
        self.compare(answers, expected, f"accept after ({policy})")

    @rule(jobs=st.lists(wanted, max_size=3), open_=st.booleans())
    def accept_batch(self, jobs: list[dict[str, Any]], open_: bool) -> None:
        batch, user = self.new_id(), jobs[0]["user"] if jobs else USERS[0]
        self.model.new_batch(batch, user, open_=open_)
        self.fill(jobs, batch, open_=open_, new=True)

    @precondition(lambda self: any(b.open for b in self.model.batches.values()))
    @rule(jobs=st.lists(wanted, max_size=2), open_=st.booleans(), place=which)
    def grow(self, jobs: list[dict[str, Any]], open_: bool, place: int) -> None:
        growing = sorted(i for i, b in self.model.batches.items() if b.open)
        batch = growing[place % len(growing)]
        self.model.batches[batch].open = open_
        self.fill(jobs, batch, open_=open_, new=False)

    def fill(self, jobs: list[dict[str, Any]], batch: UUID, *, open_: bool, new: bool) -> None:
        """Add jobs to a batch, in the transaction that makes or locks it."""
        user = self.model.batches[batch].owner
        pairs = [self.built({**w, "user": user}, batch=batch) for w in jobs]
        expected = self.take(pairs)

        async def work(tx: Statements) -> list[Any]:
            if new:
                await store.create_batch(
                    tx, batch, Owner(*user), open=open_, on_complete=None, tags=[]
                )
            else:
                await store.reopen_batch(tx, batch, Owner(*user), open=open_)
            return list(await store.accept(tx, [new for new, _ in pairs])) if pairs else []

        answers = self.run(self.session.in_transaction(work))
        self.compare(answers, expected, "batch" if new else "grow")


def keys_of(new: NewJob, job: ModelJob) -> set[tuple[Any, ...]]:
    """Return what no two submissions of one turn may share."""
    keys = [(job.owner, "once", new.idempotency_key), (job.owner, job.kind, job.unique)]
    return {key for key in keys if key[-1] is not None}
