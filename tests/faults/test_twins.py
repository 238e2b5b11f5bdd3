"""Each protection taken away: the scenario that needs it must fail. What nobody misses proves nothing."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from tests.faults import (
    test_endings,
    test_leases,
    test_postgres,
    test_redis,
    test_views,
    test_web_steps,
    test_worker_steps,
)
from tests.faults.site import Site
from tests.faults.twins import TWINS, broken

PATIENCE_SECONDS = 4.0

Scenario = Callable[..., Awaitable[None]]

# Which scenario needs the protection, the rest of its arguments, and what it must find.
NEEDED_BY: dict[str, tuple[Scenario, dict[str, Any], str]] = {
    "no fence": (
        test_worker_steps.test_what_wakes_up_after_its_lease_settles_nothing,
        {"do": "stop"},
        "J5 result",
    ),
    "no look for orphans": (
        test_leases.test_a_running_job_whose_worker_is_on_no_list_is_rescued,
        {},
        "J2 unfinished",
    ),
    "no lock on the worker, nor look for orphans": (
        test_leases.test_a_start_and_a_rescue_at_the_same_moment_leave_no_orphan,
        {},
        "J2 unfinished",
    ),
    "no look whether it landed": (
        test_web_steps.test_a_commit_whose_reply_got_lost_is_found_and_promised,
        {},
        "500|== 202",
    ),
    "no uptime guard": (
        test_leases.test_a_restart_of_postgres_makes_nobody_a_dead_worker,
        {"postgres": None, "monkeypatch": None},
        "assert \\(1, 1\\)",
    ),
    "no renewal when overdue": (
        test_leases.test_an_overdue_lease_that_nobody_took_is_renewed,
        {"postgres": None},
        "assert \\(\\d, 1\\)",
    ),
    "no crash limit": (
        test_worker_steps.test_a_poison_job_fails_and_its_neighbours_do_not,
        {"how": "kill"},
        "J2 unfinished",
    ),
    "no rescue": (
        test_worker_steps.test_a_worker_killed_at_any_step_loses_and_doubles_nothing,
        {"at": "before settle"},
        "J2 unfinished",
    ),
    "no giving back": (
        test_worker_steps.test_a_reply_lost_at_any_step_costs_time_and_nothing_else,
        {"at": "after start"},
        "J2 unfinished",
    ),
    "no promotion": (
        test_worker_steps.test_a_job_whose_time_has_come_starts_all_the_same,
        {},
        "J2 unfinished",
    ),
    "no sweep": (
        test_redis.test_jobs_that_no_queue_knows_any_more_start_all_the_same,
        {"redis_server": None},
        "J2 unfinished",
    ),
    "no claim without Redis": (
        test_redis.test_jobs_are_taken_in_run_and_shown_while_redis_is_away,
        {"redis_server": None, "away": "killed"},
        "J2 unfinished",
    ),
    "no position check": (
        test_views.test_news_of_the_last_ending_that_got_lost_are_shown_by_the_position_check,
        {"monkeypatch": None},
        "TimeoutError",
    ),
    "no subscription before the reading": (
        test_views.test_what_happens_while_a_page_is_joining_is_not_missed,
        {"monkeypatch": None},
        "TimeoutError",
    ),
    "no lease proof": (
        test_leases.test_an_outage_for_everybody_makes_nobody_a_dead_worker,
        {"monkeypatch": None},
        "assert \\(1, 1\\)",
    ),
    "no patience with Postgres": (
        test_postgres.test_a_job_that_ends_while_postgres_is_away_is_settled_later,
        {"postgres": None},
        "assert 1 == 0",
    ),
    "no ear for cancel": (
        test_worker_steps.test_a_stop_that_no_worker_was_told_of_is_found_in_the_record,
        {},
        "TimeoutError",
    ),
    "no watchdog": (
        test_endings.test_a_worker_ends_in_time_though_a_processor_hears_nothing,
        {},
        "TimeoutError",
    ),
}


@pytest.mark.parametrize("twin", TWINS)
async def test_a_product_without_this_protection_is_found_out(
    up: Site,
    twin: str,
    postgres: PostgresServer,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scenario, words, finding = NEEDED_BY[twin]
    given = {"postgres": postgres, "redis_server": redis_server, "monkeypatch": monkeypatch}
    chosen = {name: given.get(name, value) for name, value in words.items()}
    up.twin, up.patience = twin, PATIENCE_SECONDS

    with broken(twin), pytest.raises((AssertionError, TimeoutError)) as found:
        await scenario(up, **chosen)

    assert up.journal.lines("twin"), "nothing was taken away"
    assert re.search(finding, f"{found.value!r} {found.value}"), found.value
