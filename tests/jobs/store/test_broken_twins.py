"""Each protecting mechanism broken once: what is proved of the store must fail without it.

A twin that nobody notices fails here: then either the mechanism or its test protects nothing. Each proof is
a test of its own that holds while nothing is broken.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

import pytest

from jobs.store import attempts, control, flows
from tests.jobs.store import test_races as races
from tests.jobs.store import test_races_of_flows as races_of_flows
from tests.jobs.store import test_races_of_keys as keys
from tests.jobs.store import test_snapshots as snapshots
from tests.jobs.store import test_stories as stories
from tests.jobs.store.audit import wrongs
from tests.jobs.store.conftest import Pause
from tests.jobs.store.session import Stage

Proof = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Twin:
    """``broken`` in the place of ``sound`` in one statement, and the proof that must fail by it."""

    name: str
    module: str
    statement: str
    sound: str
    broken: str
    proof: Proof

    def put(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Break the statement; one that no longer has the mechanism in it is out of date."""
        module = import_module(f"jobs.store.{self.module}")  # the package's accept is a function
        sql = getattr(module, self.statement)
        assert self.sound in sql
        monkeypatch.setattr(module, self.statement, sql.replace(self.sound, self.broken))


def uncounted(module: str, statement: str) -> Twin:
    """Return the twin whose changes no batch counts."""
    tallied = "ON t.batch_id = l.id\n  WHERE b.id = l.id"
    proof = stories.test_a_batch_counts_every_change_of_its_jobs
    name = f"no tally in {statement}"
    return Twin(name, module, statement, tallied, tallied + " AND false", proof)


TWINS = [
    Twin(
        "no fence on the worker", "attempts", "SETTLE", "j.worker_id = $1", "$1::uuid IS NOT NULL",
        stories.test_another_worker_settles_nothing,
    ),
    Twin(
        "no fence on the attempt", "attempts", "SETTLE", "AND j.attempt = asked.attempt", "",
        stories.test_an_earlier_attempt_of_the_same_worker_settles_nothing,
    ),
    Twin(
        "no state in the start", "attempts", "START", attempts.QUEUED, "true",
        races.test_a_job_that_is_being_cancelled_does_not_start,
    ),
    Twin(
        "no state in the cancellation", "control", "CANCEL", control.STOPPABLE, "true",
        races.test_two_cancellations_are_one,
    ),
    Twin(
        "no state in the retry", "control", "RETRY",
        "AND j.state IN ('failed', 'cancelled', 'expired')\n", "\n",
        stories.test_only_what_ended_badly_is_retried,
    ),
    Twin(
        "no state in the deletion", "control", "DELETE", "j.state IN", "true OR j.state IN",
        keys.test_a_job_that_is_being_retried_is_not_deleted,
    ),
    Twin(
        "the followed deleted", "control", "DELETE", "AND NOT j.followed", "",
        keys.test_a_job_that_is_being_followed_is_not_deleted,
    ),
    Twin(
        "no lock on the worker", "attempts", "START", "FOR KEY SHARE", "",
        races.test_a_worker_that_is_being_rescued_starts_nothing,
    ),
    Twin(
        "orphans left alone", "leases", "RESCUE",
        "OR NOT EXISTS (SELECT FROM workers w WHERE w.id = j.worker_id)", "",
        snapshots.test_a_start_that_commits_while_its_worker_retires_leaves_no_orphan,
    ),
    Twin(
        "no look at the uptime", "leases", "RESCUE", "now() - make_interval(secs => $1)",
        "now() + make_interval(secs => $1)", stories.test_a_database_that_was_away_rescues_nobody,
    ),
    Twin(
        "slots kept by the settled", "attempts", "SETTLE", "greatest(l.used - f.n, 0)", "l.used",
        races.test_a_slot_that_is_being_given_back_is_taken_at_once,
    ),
    Twin(
        "slots kept by the rescued", "leases", "RESCUE", "greatest(l.used - f.n, 0)", "l.used",
        stories.test_a_job_whose_workers_row_is_gone_is_rescued,
    ),
    Twin(
        "slots kept by the parked", "hands", "PARK", "greatest(l.used - f.n, 0)", "l.used",
        stories.test_an_attempt_goes_on_under_a_limit_that_was_forgotten_meanwhile,
    ),
    Twin(
        "no fence on parking", "hands", "PARK", "AND j.attempt = $2", "AND $2::bigint > 0",
        stories.test_a_fenced_attempt_neither_parks_nor_goes_on,
    ),
    Twin(
        "an idempotency key that is no lock", "accept", "ACCEPT_KEYED",
        "AND (k.key IS NULL OR a.id IN (SELECT made_id FROM kept))", "",
        partial(keys.test_one_idempotency_key_makes_one_job, last="a"),
    ),
    Twin(
        "a retry blind for its own kind", "control", "RETRY", "u.id = ANY($1)", "false",
        stories.test_of_two_ended_jobs_with_one_unique_key_the_newer_is_retried,
    ),
    Twin(
        "a cancellation nobody minds", "attempts", "SETTLE", "j.cancel_requested_at IS NOT NULL",
        "false",
        partial(races.test_an_attempt_that_is_asked_to_stop_is_not_queued_again,
                ended="retrying", then="cancelled"),
    ),
    Twin(
        "jobs locked in any order", "control", "CANCEL", "ORDER BY j.id", "ORDER BY j.id DESC",
        races.test_a_start_and_a_cancellation_at_once_do_not_lock_each_other_out,
    ),
    Twin(
        "sequences locked before batches", "control", "RETRY",
        "WHERE (SELECT count(*) FROM batch_locks) >= 0", "",
        races_of_flows.test_a_completion_and_a_retry_at_once_do_not_lock_each_other_out,
    ),
    Twin(
        "the unfinished locked before the finished", "flows", "FOLLOW",
        "ORDER BY finished_at IS NULL, id", "ORDER BY id",
        snapshots.test_following_and_resolving_do_not_lock_each_other_out,
    ),
    Twin(
        "not all are over", "flows", "RESOLVE", "p.state NOT IN", "false AND p.state NOT IN",
        stories.test_a_job_after_two_waits_for_both,
    ),
    Twin(
        "nobody told of the second ending", "control", "RETRY", "followed = j.followed OR EXISTS",
        "followed = j.followed AND EXISTS",
        stories.test_a_retried_job_tells_those_that_still_wait_of_its_next_ending,
    ),
    uncounted("attempts", "START"),
    uncounted("attempts", "SETTLE"),
    uncounted("control", "CANCEL"),
    uncounted("control", "RETRY"),
    uncounted("due", "PROMOTE"),
    uncounted("due", "EXPIRE"),
    uncounted("flows", "RESOLVE"),
    uncounted("leases", "RESCUE"),
    uncounted("accept", "ACCEPT"),
]  # fmt: skip


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.name)
async def test_a_broken_twin_is_noticed(
    twin: Twin, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin.put(monkeypatch)

    assert await noticed(twin.proof, stage)


async def test_marks_taken_from_those_just_followed_are_noticed(
    stage: Stage, pause: Pause, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = "AND seen.xmin = done.changed"
    assert mark in flows.RESOLVE
    monkeypatch.setattr(flows, "RESOLVE", flows.RESOLVE.replace(mark, ""))

    proof = snapshots.test_a_job_that_comes_to_wait_while_others_are_let_go_is_not_forgotten
    assert await noticed(partial(proof, pause=pause), stage)


async def test_a_unique_key_without_its_index_is_noticed(stage: Stage) -> None:
    async with without_index(stage, "jobs_unique"):
        assert await noticed(keys.test_one_unique_key_makes_one_unfinished_job, stage)


async def noticed(proof: Proof, stage: Stage) -> bool:
    """Return whether the proof fails, or the audit that follows it finds something."""
    arguments: dict[str, Any] = {"stage": stage, "db": stage.db}
    wanted = proof.func if isinstance(proof, partial) else proof
    names = wanted.__annotations__
    try:
        await proof(**{name: value for name, value in arguments.items() if name in names})
    except Exception:
        return True
    return bool(await wrongs(stage.db))


@asynccontextmanager
async def without_index(stage: Stage, name: str) -> AsyncIterator[None]:
    """Take an index away for a while."""
    [[definition]] = await stage.db.fetch("SELECT pg_get_indexdef($1::text::regclass)", name)
    await stage.db.fetch(f"DROP INDEX {name}")
    try:
        yield
    finally:
        await stage.db.fetch("DELETE FROM jobs")
        await stage.db.fetch(definition)
