"""The store against its model: hundreds of random stories, and proof that they reached everything."""

import asyncio
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.jobs.store.machine import StoreMachine
from tests.jobs.store.session import open_session

STORIES = int(__import__("os").environ.get("STORIES", "40"))
STEPS = 60


@pytest.mark.timeout(80)
def test_any_story_leaves_the_record_as_the_model_says(database_url: str) -> None:
    StoreMachine.reached = Counter()

    with asyncio.Runner() as runner:
        opening = open_session(database_url)
        StoreMachine.runner = runner
        StoreMachine.session = runner.run(opening.__aenter__())
        try:
            run_state_machine_as_test(
                StoreMachine,
                settings=settings(
                    max_examples=STORIES,
                    stateful_step_count=STEPS,
                    deadline=None,
                    database=None,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(opening.__aexit__(None, None, None))

    for label, n in sorted(StoreMachine.reached.items(), key=lambda i: i[1]):
        print(n, label)
