"""Failed requests that are our fault, told to a Sentry on this machine."""

from collections.abc import Iterator
from typing import Any

import pytest

from jobs import troubles
from jobs.errors import Discard, ProviderError, Retry
from jobs.ids import uuid7
from jobs.settings import JobsSettings
from jobs.store.row import NAMES, JobRow
from service.errors import Problem, problem_of, report
from tests.e2e.listener import Heard, listening

SECRET = "hunter2"


@pytest.fixture
def heard() -> Iterator[Heard]:
    with listening() as listener:
        yield listener


def fail() -> None:
    body = {"secret": SECRET}
    raise KeyError(f"{body['secret']} was in the body")


def tell(error: Exception) -> None:
    scope = {"method": "POST", "path": f"/api/{SECRET}", "request_id": "caller-1", "type": "http",
             "headers": [(b"authorization", SECRET.encode())]}  # fmt: skip
    report(error, problem_of(error), scope)


def test_a_500_is_told_without_what_came_in(heard: Heard) -> None:
    troubles.start(JobsSettings(sentry_dsn=heard.dsn), "web")
    try:
        fail()
    except KeyError as error:
        tell(error)
    tell(Problem(422, "A caller's mistake."))

    troubles.stop()

    [event] = heard.events
    assert event["fingerprint"] == ["POST none", "KeyError"]
    assert event["tags"] == {"service": "web", "request_id": "caller-1"}
    assert event["exception"]["values"][0]["stacktrace"]["frames"][-1]["function"] == "fail"
    assert SECRET.encode() not in b"".join(heard.envelopes)


def row(**changed: Any) -> JobRow:
    known: dict[str, Any] = {"id": uuid7(), "kind": "echo", "attempt": 3, "trail": "caller-1"}
    return JobRow(**{**dict.fromkeys(NAMES), **known, **changed})


def test_a_job_whose_workers_died_is_told_in_a_sentence(heard: Heard) -> None:
    troubles.start(JobsSettings(sentry_dsn=heard.dsn), "worker")

    troubles.job_lost(row())
    troubles.stop()

    [event] = heard.events
    assert (event["fingerprint"], event["level"]) == (["echo", "poison"], "error")
    assert event["tags"]["request_id"] == "caller-1"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Discard("No such page."), False),
        (Discard("It does not fit.", code="invalid_result"), True),
        (Retry(), True),
        (ProviderError("It is away."), True),
        (None, False),
    ],
)
def test_what_the_processor_wanted_is_not_told(
    heard: Heard, error: BaseException | None, told: bool
) -> None:
    troubles.start(JobsSettings(sentry_dsn=heard.dsn), "worker")

    troubles.job_failed(row(), error, "a_code")
    troubles.stop()

    assert len(heard.events) == told


def test_without_a_dsn_nothing_is_told() -> None:
    troubles.start(JobsSettings(), "web")

    tell(KeyError("x"))

    assert troubles.SENTRY is None
