"""What listening to a channel costs: round trips, counted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from jobs.batches import BatchSubmission
from jobs.queue import Submission
from jobs.resources import Resources
from jobs.worker import Worker
from realtime.caller import Caller
from realtime.channels import Channel
from realtime.delivery import State
from realtime.replay import Missed, Replay
from tests.jobs.conftest import ANNA, until

LEAD = Caller("dora", "acme", frozenset({"jobs:read", "org:read"}))


class Trips:
    """How often a server was asked, and waited for."""

    def __init__(self) -> None:
        self.postgres = self.redis = 0


@contextmanager
def counted(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trips]:
    """Count what these resources ask: statements, and the times they take a connection to Redis."""
    trips, pool = Trips(), resources.redis.connection_pool

    def counting(what: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            setattr(trips, what, getattr(trips, what) + 1)
            return work(*args, **options)

        return call

    with monkeypatch.context() as patched:
        patched.setattr(resources.db, "fetch", counting("postgres", resources.db.fetch))
        patched.setattr(pool, "get_connection", counting("redis", pool.get_connection))
        yield trips


async def channels(resources: Resources) -> dict[str, Channel]:
    """Return a channel of each kind, all of them with a running job that has said something."""
    wanted = BatchSubmission([Submission("slow", {"seconds": 30})])
    submitted = await resources.batches.submit(ANNA, wanted)
    [row] = submitted.jobs
    job = resources.records.resource(row)
    await until(resources, job, lambda found: found.progress is not None)
    return {
        "user": Channel.user("acme", "anna"),
        "job": Channel.job(row.id),
        "batch": Channel.batch(submitted.batch.id),
        "org": Channel.whole_org("acme"),
    }


@pytest.mark.parametrize("what", ["user", "job", "batch", "org"])
async def test_a_join_with_snapshot_asks_postgres_twice_and_redis_once_at_most(
    resources: Resources, worker: Worker, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    channel = (await channels(resources))[what]
    replay = Replay(resources.settings, resources.source, resources.ephemeral)

    with counted(resources, monkeypatch) as trips:
        allowed = await resources.source.may_listen(LEAD, channel)
        reading = await replay.state(channel, Missed(forget=lambda: None))

    assert allowed
    [state] = reading.deliveries
    assert reading.cursor.offset > 0
    assert isinstance(state, State)
    assert b'"fraction":' in state.body
    assert trips.postgres <= 2
    assert trips.redis <= 1


async def test_resuming_and_comparing_positions_are_one_statement_each(
    resources: Resources, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = await channels(resources)
    source = resources.source

    async def cost(work: Any) -> int:
        with counted(resources, monkeypatch) as trips:
            await work
        assert trips.redis == 0
        return trips.postgres

    costs = [await cost(source.changes(channel, 0, 10, {})) for channel in known.values()]
    costs += [await cost(source.positions(known.values()))]
    costs += [await cost(source.moved([(channel, 0) for channel in known.values()]))]

    assert costs == [1] * 6
