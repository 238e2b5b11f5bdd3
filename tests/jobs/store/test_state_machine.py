"""The store against its model: random stories, some told ones, and proof that they reached everything."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.jobs.store.machine import StoreMachine
from tests.jobs.store.session import open_session
from tests.jobs.store.world import ANNA

TELLINGS = 3
STORIES = 60
STEPS = 60

Step = tuple[str, dict[str, Any]]

PLAIN: dict[str, Any] = {
    "user": ANNA,
    "kind": "free",
    "key": None,
    "unique": None,
    "once": None,
    "body": b"a",
    "delayed": False,
    "expires": False,
    "notify": True,
    "hears": True,
    "parent": None,
}
NARROW, UNIQUE, CHILD = PLAIN | {"kind": "narrow"}, PLAIN | {"unique": "u"}, PLAIN | {"parent": 0}
BEGIN_TWO: dict[str, Any] = {"per_org": 0, "jobs": [PLAIN, PLAIN]}
START_ALL: Step = ("start", {"place": 2, "jobs": [0, 1]})
LAPSE: Step = ("lapse", {"place": 2})
RESCUE: Step = ("rescue", {"_": 0})


def settled(wish: str) -> Step:
    return "settle", {"place": 1, "wish": wish, "failed": wish == "failed"}


def after(policy: str, **wanted: Any) -> Step:
    return "accept_after", {"w": PLAIN | wanted, "after": [0, 1], "policy": policy}


TOLD: dict[str, tuple[list[Step], set[str]]] = {
    "poison": (
        [("begin", {"per_org": 0, "jobs": [PLAIN]}),
         *(START_ALL, LAPSE, RESCUE), *(START_ALL, LAPSE, RESCUE)],
        {"start: a suspect", "rescue: queued", "rescue: failed"},
    ),
    "a renewal that comes late": (
        [("begin", BEGIN_TWO), LAPSE, ("renew", {"place": 0})],
        {"renew: late"},
    ),
    "a second round": (
        [("begin", {"per_org": 0, "jobs": [PLAIN]}),
         ("accept_batch", {"jobs": [PLAIN], "open_": False}),
         ("cancel", {"jobs": [1], "user": None}), ("complete", {}), ("retry", {"jobs": [0]}),
         ("cancel", {"jobs": [1], "user": None}), ("complete", {})],
        {"complete", "complete: another round"},
    ),
    "one too many": (
        [("begin", {"per_org": 0, "jobs": [NARROW, NARROW]}), START_ALL, ("park", {"place": 1}),
         ("let_go", {}), ("start", {"place": 2, "jobs": [0]}), ("unpark", {"place": 0}),
         ("park", {"place": 1}), settled("succeeded"), settled("succeeded"),
         ("unpark", {"place": 0})],
        {"park", "let go", "start: held by a limit", "unpark: one too many", "unpark: fenced"},
    ),
    "after two that fail": (
        [("begin", BEGIN_TWO), START_ALL, after("cancel"), after("fail"), after("run"),
         after("run", delayed=True), settled("failed"), ("resolve", {}), settled("failed"),
         ("resolve", {}), ("resolve", {})],
        {f"resolve: {state}" for state in ("queued", "scheduled", "failed", "cancelled")},
    ),
    "asked to stop": (
        [("begin", BEGIN_TWO), START_ALL, ("cancel", {"jobs": [0, 1], "user": None}),
         settled("queued"), settled("retrying")],
        {"settle queued: cancelled", "settle retrying: cancelled"},
    ),
    "a family": (
        [("begin", BEGIN_TWO), ("accept", {"jobs": [CHILD]}),
         ("cancel", {"jobs": [0], "user": None}), ("read", {})],
        {"cancel: a descendant", "read"},
    ),
    "one key": (
        [("begin", {"per_org": 0, "jobs": [UNIQUE]}), ("cancel", {"jobs": [0], "user": None}),
         ("accept", {"jobs": [UNIQUE, UNIQUE]}), ("cancel", {"jobs": [0], "user": None}),
         ("retry", {"jobs": [0, 1]})],
        {"accept: deduplicated", "retry: gives way"},
    ),
    "hands": (
        [("begin", BEGIN_TWO), START_ALL, ("ask", {"place": 1}), ("answer", {"place": 1}),
         ("notice", {"place": 1}), ("notice", {"place": 3}), ("give_up", {"place": 1}),
         settled("queued"), settled("retrying"), ("retire", {"place": 2})],
        {"ask: running", "answer: running", "notice", "notice: there already, or fenced",
         "settle queued: queued", "settle retrying: retrying"},
    ),
}  # fmt: skip

COMMON = {
    *("accept: new", "accept: replayed", "accept: mismatch", "accept: held"),
    *("batch: new", "batch: replayed", "batch: deduplicated", "grow: new"),
    *("accept after (fail): new", "accept after (cancel): new", "accept after (run): new"),
    *("start: running", "start limited: running", "start: held by a limit", "settle: fenced"),
    *("settle failed: failed", "promote: queued", "expire: expired"),
    *("cancel: cancelled", "cancel: running", "retry: queued", "delete", "delete: followed"),
}
"""What any run of random stories reaches many times over; the rest is told."""


@pytest.fixture
def machine(database_url: str) -> Iterator[type[StoreMachine]]:
    """Give the machine a session, on a loop of its own, and nothing reached yet."""
    with asyncio.Runner() as runner:
        opening = open_session(database_url)
        StoreMachine.runner, StoreMachine.reached = runner, Counter()
        StoreMachine.session = runner.run(opening.__aenter__())
        try:
            yield StoreMachine
        finally:
            runner.run(opening.__aexit__(None, None, None))


@pytest.mark.timeout(300)
def test_any_story_leaves_the_record_as_the_model_says(machine: type[StoreMachine]) -> None:
    chosen = settings(
        max_examples=STORIES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )

    for _ in range(TELLINGS):  # chance may leave a step out of one
        run_state_machine_as_test(machine, settings=chosen)
        unreached = {label for label in COMMON if not machine.reached[label]}
        if not unreached:
            break

    assert unreached == set()


@pytest.mark.parametrize("story", TOLD)
def test_a_told_story_leaves_the_record_as_the_model_says(
    machine: type[StoreMachine], story: str
) -> None:
    steps, reached = TOLD[story]
    world = machine()

    for name, arguments in steps:
        getattr(world, name)(**arguments)
        world.record_is_as_the_model_says()

    assert {label for label in reached if not machine.reached[label]} == set()
