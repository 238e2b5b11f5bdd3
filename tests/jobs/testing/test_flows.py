"""Jobs that make, wait for and ask: flows on the bench."""

from datetime import timedelta

import pytest

from jobs.errors import InvalidArgs, UnknownKind
from jobs.testing import Bench, run
from tests.jobs.testing.flows import (
    Verdict,
    approval,
    both,
    crier,
    double,
    forever,
    late,
    parent,
    steps,
    twins,
)
from tests.kinds import echo

FLOW = [parent, double]


async def test_children_run_and_their_results_come_back_in_order() -> None:
    ran = await run(parent, count=3, children=[double])

    assert ran.result == [0, 2, 4]
    assert [child.state for child in ran.children] == ["succeeded"] * 3
    assert [child.args for child in ran.children][2].number == 2


async def test_a_second_attempt_finds_its_children() -> None:
    bench = Bench(FLOW)
    job = bench.submit(parent, count=3, fail_first=True)

    await bench.run()

    assert job.result == [0, 2, 4]
    assert [a.outcome for a in job.attempts] == ["failed", "succeeded"]
    assert len(bench.jobs) == 4
    assert [len(child.attempts) for child in job.children] == [1, 1, 1]


async def test_the_same_child_twice_is_two_jobs() -> None:
    ran = await run(twins, children=[double])

    assert ran.result == 2


async def test_a_failed_child_fails_its_parent_for_good() -> None:
    ran = await run(parent, count=3, failing=1, children=[double])

    assert (ran.state, ran.failures) == ("failed", 1)
    assert ran.error is not None
    assert ran.error.code == "child_failed"
    assert str(ran.children[1].id) in ran.error.message
    assert [child.state for child in ran.children] == ["succeeded", "failed", "succeeded"]


async def test_a_failed_child_may_stand_in_the_list() -> None:
    ran = await run(parent, count=3, failing=1, strict=False, children=[double])

    assert ran.result == [0, -1, 4]


async def test_waiting_for_children_does_not_count_towards_the_time_out() -> None:
    ran = await run(parent, seconds=60, children=[double])

    assert ran.state == "succeeded"
    assert ran.row.finished_at is not None
    assert ran.row.finished_at - ran.row.created_at == timedelta(minutes=1)


async def test_waiting_for_two_things_at_once_does_not_count_either() -> None:
    bench = Bench([both, double])
    job = bench.submit(both)
    await bench.advance(timedelta(minutes=30))

    bench.answer(job, {"approved": True})
    await bench.run()

    assert job.error is None
    assert job.result is True


async def test_the_time_out_goes_on_where_it_paused() -> None:
    ran = await run(late, children=[double])

    assert ran.error is not None
    assert ran.error.code == "timeout"
    assert ran.row.finished_at is not None
    assert ran.row.finished_at - ran.row.created_at == timedelta(seconds=65)


async def test_a_child_of_an_unknown_kind_fails_the_job() -> None:
    ran = await run(parent)

    assert ran.error is not None
    assert ran.error.code == UnknownKind.code


async def test_a_cancelled_parent_takes_its_children_along() -> None:
    bench = Bench(FLOW)
    job = bench.submit(parent, seconds=60)
    await bench.advance(1)

    bench.cancel(job)
    await bench.run()

    assert [job.state, *(child.state for child in job.children)] == ["cancelled"] * 4
    assert bench.clock.now - job.row.created_at == timedelta(seconds=1)


async def test_an_answer_given_when_asked_lets_the_job_go_on() -> None:
    bench = Bench([approval])
    job = bench.submit(approval)
    await bench.until(lambda: job.awaiting is not None)
    assert job.awaiting is not None
    assert (job.awaiting.number, job.awaiting.prompt) == (1, "Question 0")

    bench.answer(job, Verdict(approved=True))
    await bench.run()

    assert job.result == [True]
    assert [e.type for e in job.events] == [
        "job.queued", "job.started", "job.input_requested", "job.input_received", "job.succeeded",
    ]  # fmt: skip


async def test_answers_may_be_given_beforehand_and_are_kept_for_later_attempts() -> None:
    bench = Bench([approval])
    job = bench.submit(approval, times=2, fail_first=True)
    bench.answer(job, {"approved": True})
    bench.answer(job, {"approved": False})

    await bench.run()

    assert job.result == [True, False]
    assert [a.outcome for a in job.attempts] == ["failed", "succeeded"]
    assert [e.type for e in job.events].count("job.input_requested") == 2


async def test_an_answer_that_does_not_fit_is_refused_and_the_job_waits_on() -> None:
    async with Bench([approval]) as bench:
        job = bench.submit(approval)
        await bench.run()

        with pytest.raises(InvalidArgs) as caught:
            bench.answer(job, {"approved": "perhaps"})

        assert caught.value.errors[0]["pointer"] == "/approved"
        assert job.state == "running"
        assert job.awaiting is not None


async def test_a_deploy_while_it_waits_asks_again() -> None:
    bench = Bench([approval])
    job = bench.submit(approval)
    await bench.until(lambda: job.awaiting is not None)

    bench.release(job)
    await bench.run()
    assert job.awaiting is not None
    bench.answer(job, {"approved": True})
    await bench.run()

    assert (job.result, job.failures) == ([True], 0)


async def test_nobody_answering_in_time_fails_the_job() -> None:
    ran = await run(approval, seconds=600)

    assert ran.state == "failed"
    assert ran.error is not None
    assert ran.error.code == "input_timeout"
    assert ran.row.finished_at is not None
    assert ran.row.finished_at - ran.row.created_at == timedelta(minutes=10)
    assert ran.awaiting is None


async def test_a_second_attempt_starts_from_the_checkpoint() -> None:
    ran = await run(steps)

    assert ran.result == [3, 5]
    assert ran.checkpoint == {"next": 5}


async def test_what_is_told_twice_is_told_once() -> None:
    ran = await run(crier)

    assert [(n.name, dict(n.data), n.attempt) for n in ran.notifications] == [
        ("brief_completed", {"pages": 3}, 1),
        ("attempted", {"attempt": 1}, 1),
        ("attempted", {"attempt": 2}, 2),
    ]


async def test_a_job_starts_after_those_it_waits_for() -> None:
    bench = Bench([double])
    first = bench.submit(double, number=1, seconds=60)
    second = bench.submit(double, after=[first], delay=timedelta(seconds=5))

    assert second.state == "waiting"
    await bench.run()

    assert second.state == "succeeded"
    assert second.row.started_at == first.row.finished_at


@pytest.mark.parametrize(
    ("policy", "state"), [("fail", "failed"), ("cancel", "cancelled"), ("run", "succeeded")]
)
async def test_a_job_may_decide_what_a_failure_before_it_means(policy: str, state: str) -> None:
    bench = Bench([double])
    first = bench.submit(double, fails=True)
    long = bench.submit(double, seconds=60)

    second = bench.submit(double, after=[first, long], after_policy=policy)  # type: ignore[arg-type]
    await bench.run()

    assert second.state == state
    assert (second.error.code if second.error else None) == (
        "dependency_failed" if policy == "fail" else None
    )


async def test_a_deploy_spends_no_attempt() -> None:
    bench = Bench(FLOW)
    job = bench.submit(parent, seconds=60)
    await bench.advance(1)

    bench.release(job)
    await bench.run()

    assert job.result == [0, 2, 4]
    assert (job.failures, [a.outcome for a in job.attempts]) == (0, ["released", "succeeded"])
    assert len(job.children) == 3


async def test_a_job_that_is_stopped_during_a_deploy_is_not_queued_again() -> None:
    bench = Bench([forever])
    job = bench.submit(forever)
    await bench.advance(1)

    bench.release(job)
    bench.cancel(job)
    await bench.run()

    assert job.state == "cancelled"
    assert [a.outcome for a in job.attempts] == ["released"]


async def test_a_crash_is_counted_apart_and_the_third_is_poison() -> None:
    bench = Bench([forever])
    job = bench.submit(forever)

    for _ in range(3):
        await bench.advance(1)
        bench.crash(job)
    await bench.run()

    assert (job.state, job.failures, job.row.crashes) == ("failed", 0, 3)
    assert job.error is not None
    assert job.error.code == "poison"
    assert [a.outcome for a in job.attempts] == ["lost"] * 3


async def test_a_job_that_has_not_started_is_cancelled_at_once() -> None:
    bench = Bench([echo])
    job = bench.submit(echo, delay=timedelta(days=1))

    bench.cancel(job)
    await bench.run()

    assert job.state == "cancelled"
    assert bench.clock.now == job.row.created_at


async def test_a_cancelled_job_runs_when_it_is_retried() -> None:
    async with Bench([forever]) as bench:
        job = bench.submit(forever)
        await bench.advance(1)
        bench.cancel(job)
        await bench.run()
        cancelled = job.state

        bench.retry(job)
        await bench.advance(1)

        assert (cancelled, job.state, job.row.attempt) == ("cancelled", "running", 2)


async def test_the_events_of_a_flow_are_in_one_order() -> None:
    bench = Bench(FLOW)
    bench.submit(parent, count=2)

    await bench.run()

    assert [e.body["offset"] for e in bench.events] == list(range(1, len(bench.events) + 1))
    assert bench.events[-1].type == "job.succeeded"
