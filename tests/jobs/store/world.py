"""The world of the state machine: the record beside its model, and what must hold after every step."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Sequence
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4

from hypothesis.stateful import RuleBasedStateMachine, invariant

from jobs import store
from jobs.limits import Limits
from jobs.store import JobRow
from tests.jobs.store.audit import wrongs
from tests.jobs.store.ledger import Hook, User
from tests.jobs.store.model import Fence, Model
from tests.jobs.store.picture import picture
from tests.jobs.store.scene import HOUR, LIMITS
from tests.jobs.store.session import Session

T = TypeVar("T")

FILLED = (
    *("jobs", "sequences", "workers", "idempotency_keys", "limits", "paused_queues", "batches"),
    *("inbox", "deliveries", "webhooks"),
)
HOOK = """
INSERT INTO webhooks (id, org_id, user_id, url, events, for_job, whole_org, secret, disabled_at)
VALUES ($1, $2, $3, '', $4, $5, $6, '', CASE WHEN $7 THEN now() END)
"""

ANNA, BERT, CLEO = ("acme", "anna"), ("acme", "bert"), ("other", "cleo")
USERS = [ANNA, BERT, CLEO]
HOOKS = [
    Hook(uuid4(), ANNA, frozenset({"job.succeeded", "job.queued", "notification.ping"})),
    Hook(uuid4(), BERT, frozenset({"job.*", "batch.completed", "notification.*"}), whole_org=True),
    Hook(uuid4(), ANNA, frozenset({"job.*"}), disabled=True),
    Hook(uuid4(), ("other", "dora"), frozenset({"job.*"})),
    Hook(uuid4(), ANNA, for_job=True),
]


class World(RuleBasedStateMachine):
    """``session`` and ``runner`` are set by the test; ``reached`` counts what really happened."""

    session: ClassVar[Session]
    runner: ClassVar[asyncio.Runner]
    reached: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.model = Model(HOOKS, LIMITS)
        self.numbers: dict[User, list[int]] = {}
        self.seen: set[tuple[UUID, int]] = set()
        self.fences: list[Fence] = []
        self.parked: dict[Fence, list[str]] = {}
        self.entries: list[UUID] = []
        self.count = 0
        self.deleted = False

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it on the session's loop."""
        return self.runner.run(work)

    def sql(self, statement: str, *args: object) -> None:
        """Run one statement that is none of the store's."""
        self.run(self.session.fetch(statement, *args))

    def reach(self, label: str, happened: object = True) -> None:
        """Count that something happened."""
        self.reached[label] += bool(happened)

    def pick(self, places: Sequence[int], *states: str) -> list[UUID]:
        """Return some jobs, in one of ``states`` if there are such."""
        jobs = sorted(self.model.jobs.values(), key=lambda j: j.id)
        likely = [j for j in jobs if j.state in states] or jobs
        return [likely[place % len(likely)].id for place in places if likely]

    def changed(self, rows: Sequence[JobRow], expected: set[UUID], label: str) -> None:
        """Compare who changed."""
        assert {row.id for row in rows} == expected, label
        for row in rows:
            self.model.jobs[row.id].score = row.score
            self.reach(f"{label}: {row.state}")

    def begin_anew(self, per_org: int) -> None:
        """Empty the record; webhooks and two workers are there."""
        for table in FILLED:
            self.sql(f"DELETE FROM {table}")  # noqa: S608 - our own names
        self.model = Model(HOOKS, Limits(per_org, LIMITS.kinds))
        for h in HOOKS:
            self.sql(HOOK, h.id, *h.owner, list(h.events), h.for_job, h.whole_org, h.disabled)
        self.new_worker()
        self.new_worker()

    def new_id(self) -> UUID:
        """Return an id behind all before it: the same story has the same order when it is told again."""
        self.count += 1
        return UUID(int=self.count << 80)

    def new_worker(self) -> None:
        """Register one."""
        worker = self.new_id()
        self.run(store.register(self.session, worker, "w", HOUR, {}))
        self.model.workers[worker] = True

    @invariant()
    def record_is_as_the_model_says(self) -> None:
        """Compare everything, number for number."""
        found, expected = self.run(picture(self.session)), self.model.picture()
        assert not (wrong := difference(found, expected)), wrong[:5]
        assert not (bad := self.run(wrongs(self.session, deleted=self.deleted))), bad
        self.collect(found)

    def collect(self, found: dict[str, Any]) -> None:
        """Note who took which number; those of a user are dense, and nobody's twice."""
        told = [(job.owner, job.id, job.number) for job in self.model.jobs.values()]
        told += [(e[0], ident, e[2]) for ident, e in found["inbox"].items()]
        told += [(self.model.batches[i].owner, i, b[-1]) for i, b in found["batches"].items()]
        for user, ident, number in told:
            if (ident, number) not in self.seen:
                self.seen.add((ident, number))
                self.numbers.setdefault(user, []).append(number)
        for user, numbers in self.numbers.items():
            assert sorted(numbers) == list(range(1, found["sequences"][user] + 1))


def difference(found: dict[str, Any], expected: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return (table, key, found, expected) wherever the two differ."""
    return [
        (table, key, found[table].get(key), expected[table].get(key))
        for table in expected
        for key in found[table].keys() | expected[table].keys()
        if found[table].get(key) != expected[table].get(key)
    ]
