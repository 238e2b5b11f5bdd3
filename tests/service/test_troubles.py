"""Failed requests that are our fault, told to a Sentry on this machine."""

from collections.abc import Iterator

import pytest

from jobs import troubles
from jobs.settings import JobsSettings
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


def test_without_a_dsn_nothing_is_told() -> None:
    troubles.start(JobsSettings(), "web")

    tell(KeyError("x"))

    assert troubles.SENTRY is None
