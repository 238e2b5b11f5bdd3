"""One job, run to its end by ``run``."""

from datetime import timedelta

import pytest

from jobs.errors import InvalidArgs
from jobs.testing import run
from tests.kinds import Anything, chatterbox, echo, flaky, impatient, misshapen, stream


async def test_a_job_succeeds_with_its_result_and_its_events() -> None:
    ran = await run(echo, value={"a": [1, "ü", None]})

    assert ran.state == "succeeded"
    assert ran.result == Anything(value={"a": [1, "ü", None]})
    assert [e.type for e in ran.events] == ["job.queued", "job.started", "job.succeeded"]
    assert [e.body["offset"] for e in ran.events] == [1, 2, 3]
    assert ran.events[-1].data["result"] == {"value": {"a": [1, "ü", None]}}


async def test_args_may_be_given_as_their_model() -> None:
    ran = await run(echo, Anything(value=1))

    assert ran.args == Anything(value=1)


async def test_wrong_args_are_refused_as_a_submission_would_be() -> None:
    with pytest.raises(InvalidArgs) as caught:
        await run(echo, vlaue=1)

    assert caught.value.errors[0]["pointer"] == "/args/vlaue"


async def test_a_job_is_tried_again_until_its_attempts_run_out() -> None:
    ran = await run(flaky, times=9)

    assert (ran.state, ran.failures) == ("failed", 3)
    assert ran.error is not None
    assert ran.error.message == "ValueError: not this time"
    assert [a.outcome for a in ran.attempts] == ["failed"] * 3


async def test_a_discard_is_final_at_once() -> None:
    ran = await run(flaky, times=9, how="discard")

    assert (ran.state, ran.failures) == ("failed", 1)
    assert ran.error is not None
    assert ran.error.code == "never"


async def test_a_hanging_attempt_times_out_on_the_fake_clock() -> None:
    ran = await run(flaky, times=9, how="hang")

    assert [a.outcome for a in ran.attempts] == ["timeout"] * 3
    assert ran.row.finished_at is not None
    took = ran.row.finished_at - ran.row.created_at
    assert timedelta(minutes=15) < took < timedelta(minutes=15, seconds=1)


async def test_a_swallowed_time_out_is_still_a_time_out() -> None:
    ran = await run(impatient, seconds=60, stubborn=True)

    assert [a.outcome for a in ran.attempts] == ["timeout", "timeout"]


async def test_what_attempts_say_is_kept_by_attempt() -> None:
    ran = await run(stream, words=4, fail_first=True)

    assert ran.outputs == {
        1: "[1:0] [1:1] [1:2] ",
        2: "[2:0] [2:1] [2:2] [2:3] ",
    }
    assert ran.output == ran.outputs[2]
    assert [(line.attempt, line.fields["number"]) for line in ran.logs] == [
        (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2), (2, 3),
    ]  # fmt: skip
    assert ran.logs[1].time - ran.logs[0].time >= timedelta(seconds=0.02)


async def test_what_cannot_be_told_is_cleaned_as_in_production() -> None:
    ran = await run(chatterbox)

    assert ran.state == "succeeded"
    assert ran.output == "ab?c"
    assert [p.fraction for p in ran.progress] == [0.0, 1.0]
    assert len(ran.progress[-1].message) == 500


@pytest.mark.parametrize("what", ["type", "nul", "surrogate", "large"])
async def test_a_result_that_cannot_be_kept_fails_the_job(what: str) -> None:
    ran = await run(misshapen, what=what)

    assert ran.error is not None
    assert ran.error.code == "invalid_result"
    assert ran.result is None
