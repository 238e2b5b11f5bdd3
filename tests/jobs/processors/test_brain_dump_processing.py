"""Kind ``brain_dump_processing`` on the bench: the sandbox's model by the real SDK, a real database."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from jobs.errors import InvalidArgs
from jobs.ids import uuid7
from jobs.kept.brain_dumps import BrainDumpRow, OwnDump, find_dump
from jobs.kept.projects import NewProject, ProjectRow, keep_project, list_projects
from jobs.kept.tasks import NewTask, TaskRow, change_task, keep_tasks, open_tasks
from jobs.processors.brain_dump_processing import brain_dump_processing
from jobs.providers.llm import Llm
from jobs.testing import Bench, Job, sessions
from jobs.testing.absent import Sessions
from service.dev.sandbox import Sandbox
from tests.jobs.providers.language import model_of, open_llm

TEXT = """Call the plumber by 2026-12-04!
done: Order seeds
move Buy paint to 2026-12-08
drop: Sell the lamp
Project: Garden by 2027-05-01
Dig the beds"""
OWNER = ("acme", "anna")


@dataclass
class Desk:
    """A bench with a model and a database, and a look at what is in it."""

    llm: Llm
    db: Sessions

    def bench(self, owner: tuple[str, str] = OWNER) -> Bench:
        return Bench([brain_dump_processing], providers={"llm": self.llm}, db=self.db, owner=owner)

    async def asked(self, bench: Bench, text: str = TEXT) -> Job:
        """Submit a text and let it come to the question."""
        job = bench.submit(brain_dump_processing, {"text": text})
        await bench.until(lambda: asks(job))
        return job

    async def done(self, text: str = TEXT) -> Job:
        bench = self.bench()
        job = bench.submit(brain_dump_processing, {"text": text, "auto_accept": True})
        await bench.run()
        return job

    async def have(self, *titles: str, owner: tuple[str, str] = OWNER, **fields: Any) -> list[UUID]:
        new = [NewTask(uuid7(), *owner, title=title, **fields) for title in titles]
        async with self.db() as session:
            await keep_tasks(session, new)
        return [task.id for task in new]

    async def have_project(self, name: str, owner: tuple[str, str] = OWNER) -> UUID:
        new = NewProject(uuid7(), *owner, name=name)
        async with self.db() as session:
            await keep_project(session, new)
        return new.id

    async def tasks(self) -> dict[str, TaskRow]:
        """Return what there is to do, by title."""
        async with self.db() as session:
            return {row.title: row for row in await open_tasks(session, *OWNER, 100)}

    async def projects(self) -> Sequence[ProjectRow]:
        async with self.db() as session:
            return await list_projects(session, *OWNER, 100)

    async def kept(self, job: Job, owner: tuple[str, str] = OWNER) -> BrainDumpRow | None:
        async with self.db() as session:
            return await find_dump(session, OwnDump(job.id, *owner))

    async def change(self, task: UUID, **changes: Any) -> None:
        async with self.db() as session:
            assert await change_task(session, *OWNER, task, changes)


@pytest.fixture
async def desk(sandbox: Sandbox, database_url: str) -> AsyncIterator[Desk]:
    model_of(sandbox)
    async with open_llm(sandbox) as llm:
        yield Desk(llm, sessions(database_url))


@pytest.fixture
async def busy(desk: Desk) -> Desk:
    """Give a desk whose owner has something to do already."""
    await desk.have("Order seeds", "Sell the lamp")
    await desk.have("Buy paint", due_on=date(2026, 12, 1))
    return desk


def outcomes(job: Job) -> list[tuple[str, str]]:
    return [(one.op, one.outcome) for one in job.result.operations]


def asks(job: Job) -> bool:
    """Say whether it waits, and all it has to say until then is said."""
    return job.awaiting is not None and " to confirm\n" in job.output


def asks_for(job: Job, number: int) -> bool:
    """Say whether it has come to that question."""
    return job.awaiting is not None and job.awaiting.number == number


def proposed(job: Job) -> list[dict[str, Any]]:
    assert job.awaiting is not None
    default: list[dict[str, Any]] = job.awaiting.schema_["properties"]["operations"]["default"]
    return default


async def test_what_is_accepted_beforehand_is_done(busy: Desk) -> None:
    job = await busy.done()

    tasks, [project] = await busy.tasks(), await busy.projects()
    assert job.error is None
    assert outcomes(job) == [
        ("create_project", "done"), ("create_task", "done"), ("complete_task", "done"),
        ("update_task", "done"), ("drop_task", "done"), ("create_task", "done"),
    ]  # fmt: skip
    assert (project.name, project.due_on) == ("Garden", date(2027, 5, 1))
    assert set(tasks) == {"Call the plumber", "Buy paint", "Dig the beds"}
    assert (tasks["Call the plumber"].priority, tasks["Buy paint"].version) == (3, 2)
    assert tasks["Buy paint"].due_on == date(2026, 12, 8)
    assert tasks["Dig the beds"].project_id == project.id == job.result.operations[0].project_id
    assert project.job_id == tasks["Dig the beds"].job_id == job.id
    assert job.awaiting is None


async def test_the_owner_is_asked_and_what_is_accepted_changed_and_rejected_is_as_they_say(
    busy: Desk,
) -> None:
    bench = busy.bench()
    job = await busy.asked(bench)
    project, plumber, _, _, lamp, beds = proposed(job)
    assert job.awaiting is not None
    said = job.awaiting.prompt

    answer = [{**plumber, "title": "Call Mr Pipe", "due_on": None, "priority": 1}, project]
    answer += [{**lamp, "accept": False}, {**beds, "notes": "two of them"}]
    bench.answer(job, {"operations": answer})
    await bench.run()

    tasks = await busy.tasks()
    assert said == "6 operations from your notes: do what is ticked?"
    assert sorted(outcomes(job)) == [
        ("complete_task", "rejected"), ("create_project", "done"), ("create_task", "done"),
        ("create_task", "done"), ("drop_task", "rejected"), ("update_task", "rejected"),
    ]  # fmt: skip
    assert set(tasks) == {
        "Call Mr Pipe",
        "Dig the beds",
        "Order seeds",
        "Buy paint",
        "Sell the lamp",
    }
    changed = [one.changed for one in job.result.operations if one.outcome == "done"]
    assert changed == [False, True, True]
    assert (tasks["Call Mr Pipe"].due_on, tasks["Call Mr Pipe"].priority) == (None, 1)
    assert (tasks["Buy paint"].version, tasks["Dig the beds"].notes) == (1, "two of them")


async def test_an_empty_answer_accepts_all_and_an_empty_list_rejects_all(busy: Desk) -> None:
    bench = busy.bench()
    first, second = await busy.asked(bench), await busy.asked(bench, "Feed the cat")

    bench.answer(first, {"operations": []})
    bench.answer(second, {})
    await bench.run()

    assert {outcome for _, outcome in outcomes(first)} == {"rejected"}
    assert (first.result.status, second.result.status) == ("rejected", "done")
    assert set(await busy.tasks()) == {"Order seeds", "Sell the lamp", "Buy paint", "Feed the cat"}


async def test_what_is_found_streams_in_a_line_each_and_is_kept_before_it_is_confirmed(
    busy: Desk,
) -> None:
    bench = busy.bench()
    job = await busy.asked(bench)

    found = await busy.kept(job)
    assert found is not None
    lines = job.output.splitlines()
    assert sorted(lines[: lines.index("")]) == [
        "+ Call the plumber · due 2026-12-04 · urgent", "+ Dig the beds",
        "About: Call the plumber by 2026-12-04!", "Project: Garden · due 2027-05-01",
        "Topic: Garden", "~ Buy paint · due 2026-12-08", "✓ Order seeds", "✗ Sell the lamp",
    ]  # fmt: skip
    assert lines[lines.index("") :] == ["", "6 operations to confirm"]
    assert (found.status, sorted(found.extracted)) == ("waiting", ["context", "tasks"])
    assert [one["title"] for one in found.tasks["tasks"]][:2] == ["Call the plumber", "Order seeds"]
    told = [(notice.name, notice.data) for notice in job.notifications]
    assert told == [("brain_dump_waiting", {"dump_id": str(job.id), "operations": 6})]
    await bench.close()


async def test_both_questions_are_asked_with_what_there_is_to_do_under_short_names(
    busy: Desk, sandbox: Sandbox
) -> None:
    await busy.have("Their secret", owner=("acme", "bert"))
    [paint] = [row.id for title, row in (await busy.tasks()).items() if title == "Buy paint"]
    await busy.done()

    asked = [call["body"] for call in sandbox.calls("llm")]
    names = sorted(body["response_format"]["json_schema"]["name"] for body in asked)
    assert names == ["dump_context", "dump_tasks"]
    for body in asked:
        said = body["messages"][1]["content"]
        assert "T1: Buy paint (open, due 2026-12-01, priority 1)" in said
        assert str(paint) not in str(body)
        assert "secret" not in str(body)


async def test_a_worker_lost_while_the_owner_thinks_asks_the_same_and_the_model_nothing(
    busy: Desk, sandbox: Sandbox
) -> None:
    bench = busy.bench()
    job = await busy.asked(bench)
    before = (job.awaiting, sorted(job.output.splitlines()))

    bench.crash(job)
    await bench.until(lambda: len(job.attempts) == 2 and asks(job))
    after = (job.awaiting, sorted(job.output.splitlines()))
    bench.answer(job, {})
    await bench.run()

    assert after[1] == before[1]
    assert after[0] is not None
    assert before[0] is not None
    assert after[0].schema_ == before[0].schema_
    assert len(sandbox.calls("llm")) == 2
    assert [attempt.outcome for attempt in job.attempts] == ["lost", "succeeded"]
    assert len(await busy.tasks()) == 3
    assert [notice.name for notice in job.notifications] == [
        "brain_dump_waiting",
        "brain_dump_completed",
    ]


async def test_a_worker_lost_after_it_was_carried_out_does_it_no_second_time(
    busy: Desk, sandbox: Sandbox
) -> None:
    bench = busy.bench()
    job = bench.submit(brain_dump_processing, {"text": TEXT, "auto_accept": True})
    await bench.until(lambda: job.output.endswith("6 operations done\n"))
    before = await busy.tasks()

    bench.crash(job)
    await bench.run()

    assert (job.state, len(job.attempts)) == ("succeeded", 2)
    assert await busy.tasks() == before
    assert len(await busy.projects()) == 1
    assert len(sandbox.calls("llm")) == 2
    assert job.result.usage.rounds == 2


async def test_an_answer_given_before_the_worker_was_lost_counts(busy: Desk) -> None:
    bench = busy.bench()
    job = await busy.asked(bench)
    bench.answer(job, {"operations": []})
    bench.crash(job)

    await bench.run()

    assert (job.result.status, len(job.attempts)) == ("rejected", 2)


async def test_what_one_extraction_has_found_stays_when_the_other_fails(
    desk: Desk, sandbox: Sandbox
) -> None:
    sandbox.switch("llm", status=503, times=1)

    job = await desk.done("Feed the cat")

    names = [
        call["body"]["response_format"]["json_schema"]["name"] for call in sandbox.calls("llm")
    ]
    assert (job.state, job.failures) == ("succeeded", 1)
    assert len(names) == 3
    assert names.count(names[0]) == 2 or names.count(names[1]) == 2
    assert job.result.usage.rounds == 2
    waited = job.attempts[1].started_at - (job.attempts[0].ended_at or job.attempts[0].started_at)
    assert waited.total_seconds() == pytest.approx(30, rel=0.11)


async def test_the_servers_own_time_is_kept_and_a_third_attempt_there_is_not(
    desk: Desk, sandbox: Sandbox
) -> None:
    sandbox.switch("llm", status=429, retry_after=37)

    job = await desk.done()

    first, second = job.attempts
    assert first.ended_at is not None
    assert second.started_at - first.ended_at == timedelta(seconds=37)
    assert (job.state, job.failures) == ("failed", 2)


@pytest.mark.parametrize("mishap", ["invalid_json", "unfit", "run_out"])
async def test_an_answer_that_does_not_fit_is_asked_for_once_more(
    desk: Desk, sandbox: Sandbox, mishap: str
) -> None:
    model_of(sandbox, mishap)

    job = await desk.done("Feed the cat")

    assert (job.state, job.failures, job.result.usage.rounds) == ("succeeded", 0, 3)
    assert job.output.count("+ Feed the cat\n") == 1
    assert [line for line in job.logs if "asked for once more" in line.message]


async def test_two_answers_that_do_not_fit_end_it(desk: Desk, sandbox: Sandbox) -> None:
    model_of(sandbox, *["unfit"] * 4)

    job = await desk.done()

    assert job.error is not None
    assert (job.error.code, job.failures) == ("bad_answer", 1)
    assert job.checkpoint["usage"]["rounds"] == 4
    assert job.checkpoint["rejections"] == {}


@pytest.mark.parametrize(
    ("mishap", "code"), [("no_credit", "insufficient_quota"), ("decline", "declined")]
)
async def test_what_another_attempt_cannot_change_ends_it_at_once(
    desk: Desk, sandbox: Sandbox, mishap: str, code: str
) -> None:
    model_of(sandbox, mishap)

    job = await desk.done("Feed the cat")

    assert job.error is not None
    assert (job.error.code, job.failures) == (code, 1)
    kept = await desk.kept(job)
    assert kept is not None
    assert len(kept.extracted) == 1


async def test_a_broken_stream_is_tried_again_and_its_cost_counts(
    desk: Desk, sandbox: Sandbox
) -> None:
    model_of(sandbox, "cut_stream")

    job = await desk.done("Feed the cat\n" * 3)

    assert (job.state, job.failures) == ("succeeded", 1)
    assert job.result.usage.rounds == 3
    assert job.result.usage.estimated


async def test_a_task_that_is_changed_meanwhile_lets_nothing_be_done_and_is_asked_about_again(
    busy: Desk,
) -> None:
    bench = busy.bench()
    job = await busy.asked(bench)
    paint = (await busy.tasks())["Buy paint"].id
    await busy.change(paint, notes="the blue one")

    bench.answer(job, {})
    await bench.until(partial(asks_for, job, 2))
    between = await busy.tasks(), await busy.projects()
    again = job.awaiting
    bench.answer(job, {})
    await bench.run()

    after = await busy.tasks()
    assert (set(between[0]), between[1]) == ({"Order seeds", "Sell the lamp", "Buy paint"}, [])
    assert again is not None
    assert again.prompt.startswith("Something was changed meanwhile, so nothing is done yet.")
    assert (after["Buy paint"].notes, after["Buy paint"].due_on) == (
        "the blue one",
        date(2026, 12, 8),
    )
    assert job.result.status == "done"


async def test_a_worker_lost_between_two_questions_goes_on_with_the_second(
    busy: Desk, sandbox: Sandbox
) -> None:
    bench = busy.bench()
    job = await busy.asked(bench)
    await busy.change((await busy.tasks())["Order seeds"].id, status="done")
    bench.answer(job, {})
    await bench.until(partial(asks_for, job, 2))

    bench.crash(job)
    await bench.until(lambda: job.awaiting is not None and len(job.attempts) == 2)
    again = job.awaiting
    bench.answer(job, {})
    await bench.run()

    assert again is not None
    assert again.number == 2
    assert "Left out: “Order seeds”: it is done already." in again.prompt
    assert [one.title for one in job.result.left_out] == ["Order seeds"]
    assert len(job.result.operations) == 5
    assert len(sandbox.calls("llm")) == 2


async def test_what_changes_each_time_ends_it(busy: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = busy.bench()
    job = await busy.asked(bench)
    paint = (await busy.tasks())["Buy paint"].id
    for number in (1, 2, 3):
        await bench.until(partial(asks_for, job, number))
        await busy.change(paint, notes=str(number))
        bench.answer(job, {})
    await bench.run()

    assert job.error is not None
    assert (job.error.code, job.failures) == ("changed_meanwhile", 1)
    assert len(await busy.tasks()) == 3


async def test_nobody_answers_in_time_and_a_retry_asks_again_without_the_model(
    busy: Desk, sandbox: Sandbox
) -> None:
    bench = busy.bench()
    job = await busy.asked(bench)
    began = bench.clock.now
    await bench.advance(timedelta(minutes=11))
    kept = await busy.kept(job)
    assert job.error is not None
    first = (job.error.code, kept.status if kept else "")
    assert job.row.finished_at is not None
    waited = job.row.finished_at - began

    bench.retry(job)
    await bench.until(lambda: job.awaiting is not None)
    bench.answer(job, {})
    await bench.run()

    assert first == ("input_timeout", "expired")
    assert timedelta(minutes=9) < waited <= timedelta(minutes=10)
    assert (job.state, job.result.status) == ("succeeded", "done")
    assert len(sandbox.calls("llm")) == 2


async def test_a_text_without_anything_to_do_is_no_question(desk: Desk) -> None:
    await desk.have("Feed the cat")

    job = await desk.done("feed the CAT.\ndone: Walk the dog")

    assert job.result.status == "nothing_found"
    assert [(one.title, one.reason) for one in job.result.left_out] == [
        ("feed the CAT", "it is on the list already"),
        ("Walk the dog", "there is no such task"),
    ]
    assert len(await desk.tasks()) == 1
    assert job.output.endswith("Nothing was found to do\n")


async def test_a_task_goes_to_a_project_that_is_there(desk: Desk) -> None:
    garden = await desk.have_project("Garden")
    await desk.have_project("Garden", owner=("acme", "bert"))

    job = await desk.done("Project: garden\nDig the beds")

    assert (await desk.tasks())["Dig the beds"].project_id == garden
    assert outcomes(job) == [("create_task", "done")]


async def test_a_task_of_a_new_project_that_is_rejected_is_made_without_one(desk: Desk) -> None:
    bench = desk.bench()
    job = await desk.asked(bench, "Project: Garden\nDig the beds")

    bench.answer(job, {"operations": [proposed(job)[1]]})
    await bench.run()

    assert (await desk.tasks())["Dig the beds"].project_id is None
    assert await desk.projects() == []


async def test_a_project_deleted_meanwhile_is_asked_about_again(desk: Desk) -> None:
    garden = await desk.have_project("Garden")
    bench = desk.bench()
    job = await desk.asked(bench, "Project: Garden\nDig the beds")
    async with desk.db() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("DELETE FROM projects WHERE id = $1", (garden,))

    bench.answer(job, {})
    await bench.until(partial(asks_for, job, 2))

    assert [one["op"] for one in proposed(job)] == ["create_project", "create_task"]
    await bench.close()


async def test_a_day_before_a_task_begins_pulls_its_beginning_along(desk: Desk) -> None:
    await desk.have("Buy paint", starts_on=date(2026, 12, 10), due_on=date(2026, 12, 20))

    job = await desk.done("move Buy paint to 2026-12-08")

    paint = (await desk.tasks())["Buy paint"]
    assert job.state == "succeeded"
    assert (paint.starts_on, paint.due_on) == (date(2026, 12, 8), date(2026, 12, 8))


async def test_a_brain_dump_that_is_deleted_ends_its_job(desk: Desk) -> None:
    bench = desk.bench()
    job = await desk.asked(bench)
    async with desk.db() as session:
        await (await session.connection()).exec_driver_sql("DELETE FROM brain_dumps")

    bench.answer(job, {})
    await bench.run()

    assert job.error is not None
    first = job.error.code
    bench.retry(job)
    await bench.run()

    assert (first, job.error.code) == ("deleted", "deleted")
    assert await desk.tasks() == {}


async def test_without_a_model_it_fails_at_once_with_the_variables_name(
    sandbox: Sandbox, database_url: str
) -> None:
    async with open_llm(sandbox, llm_base_url="") as llm:
        job = await Desk(llm, sessions(database_url)).done()

    assert job.error is not None
    assert (job.error.code, job.failures) == ("not_configured", 1)
    assert "LLM_BASE_URL" in job.error.message


async def test_nothing_is_asked_when_the_text_could_not_be_kept(
    desk: Desk, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(brain_dump_processing.process.__globals__, "MOST_BRAIN_DUMPS", 1)
    await desk.done("Feed the cat")

    job = await desk.done("Feed the dog")

    assert job.error is not None
    assert job.error.code == "too_many_brain_dumps"
    assert len(sandbox.calls("llm")) == 2


async def test_too_many_tasks_are_refused_and_none_is_made(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.dumping.carrying_out.MOST_TASKS", 1)

    job = await desk.done("Project: Pets\nFeed the cat\nFeed the dog")

    assert job.error is not None
    assert job.error.code == "too_many"
    assert (await desk.tasks(), await desk.projects()) == ({}, [])


@pytest.mark.parametrize(
    "args",
    [{}, {"text": ""}, {"text": " \n "}, {"text": "x" * 20_001}, {"text": "x", "owner": "y"}],
    ids=["nothing", "empty", "blank", "long", "unknown"],
)
def test_args_that_make_no_sense_are_refused(args: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgs):
        brain_dump_processing.parse(args)


def test_its_limits_are_as_promised() -> None:
    schema = brain_dump_processing.args.model_json_schema()

    assert brain_dump_processing.parse(schema["examples"][0]) is not None
    assert brain_dump_processing.timeout == timedelta(minutes=10)
    assert brain_dump_processing.max_attempts == 2
    assert brain_dump_processing.failed_as == "brain_dump_failed"
