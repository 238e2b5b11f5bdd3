"""Kind ``phase_generation`` on the bench: the sandbox's model by the real SDK, a real database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from jobs.errors import InvalidArgs
from jobs.ids import uuid7
from jobs.kept.phases import PhaseRow, plan_of
from jobs.kept.plans import NewPlan, keep_plan
from jobs.kept.projects import NewProject, change_project, keep_project
from jobs.kept.tasks import NewTask, TaskRow, change_task, keep_tasks
from jobs.processors.phase_generation import Result, phase_generation
from jobs.providers.llm import Llm
from jobs.testing import Bench, Job, sessions
from jobs.testing.absent import Sessions
from jobs.today import now_of
from service.dev.sandbox import Sandbox
from service.dev.sandbox.llm_scripts import SCRIPTS
from tests.jobs.planning.plans import phase, task
from tests.jobs.processors.meanwhile import meanwhile
from tests.jobs.providers.language import model_of, open_llm

FIRST, LAST = date(2031, 1, 1), date(2031, 3, 11)
GOAL = "Eat from it"


@dataclass
class Desk:
    """A bench with a model and a database, a project, and a look at what was kept."""

    llm: Llm
    db: Sessions
    project: NewProject

    @property
    def owner(self) -> tuple[str, str]:
        return self.project.org_id, self.project.user_id

    def bench(self, owner: tuple[str, str] | None = None) -> Bench:
        kinds, providers = [phase_generation], {"llm": self.llm}
        return Bench(kinds, providers=providers, db=self.db, owner=owner or self.owner)

    async def plan(self, owner: tuple[str, str] | None = None, **args: Any) -> Job:
        bench = self.bench(owner)
        job = bench.submit(phase_generation, {"project_id": str(self.project.id), **args})
        await bench.run()
        return job

    async def kept(self) -> tuple[list[PhaseRow], list[TaskRow]]:
        async with self.db() as session:
            return await plan_of(session, *self.owner, self.project.id)

    async def change_project(self, **changes: Any) -> None:
        async with self.db() as session:
            assert await change_project(session, *self.owner, self.project.id, changes)

    async def delete_project(self) -> None:
        async with self.db() as session:
            connection = await session.connection()
            gone = (self.project.id,)
            await connection.exec_driver_sql("DELETE FROM projects WHERE id = $1", gone)

    async def keep_result(self, job: UUID, result: Result) -> None:
        told = result.model_dump(mode="json")
        async with self.db() as session:
            await keep_plan(session, NewPlan(job, *self.owner, self.project.id, told))

    async def touch(self, ident: UUID, **changes: Any) -> None:
        async with self.db() as session:
            assert await change_task(session, *self.owner, ident, changes)

    async def add_task(self, **said: Any) -> UUID:
        new = NewTask(uuid7(), *self.owner, "Ask the neighbours", **said)
        async with self.db() as session:
            await keep_tasks(session, [new])
        return new.id


@pytest.fixture
async def desk(sandbox: Sandbox, database_url: str) -> AsyncIterator[Desk]:
    model_of(sandbox)
    days: dict[str, Any] = {"starts_on": FIRST, "due_on": LAST}
    project = NewProject(uuid7(), "acme", "anna", "A garden", "Beds.", GOAL, **days)
    db = sessions(database_url)
    async with db() as session:
        await keep_project(session, project)
    async with open_llm(sandbox) as llm:
        yield Desk(llm, db, project)


def messages(job: Job) -> list[str]:
    return [line.message for line in job.logs]


def asked(sandbox: Sandbox) -> list[str]:
    """Return what the owner's side of each question said."""
    return [call["body"]["messages"][1]["content"] for call in sandbox.calls("llm")]


async def test_a_project_becomes_phases_with_tasks_in_order(desk: Desk) -> None:
    job = await desk.plan()

    assert job.error is None
    result, (phases, tasks) = job.result, await desk.kept()
    assert [phase.id for phase in phases] == [made.id for made in result.phases]
    assert [phase.name for phase in phases] == ["Understand", "Prepare", "Begin", "Build", "Finish"]
    assert (phases[0].starts_on, phases[-1].due_on) == (FIRST, LAST)
    assert {phase.job_id for phase in phases} == {task.job_id for task in tasks} == {job.id}
    assert [task.phase_id for task in tasks] == [phase.id for phase in phases for _ in (1, 2)]
    assert [task.position for task in tasks] == list(range(10))
    assert [task.depends_on for task in tasks[1:]] == [[task.id] for task in tasks[:-1]]
    assert (result.tasks, result.replaced_phases, result.usage.rounds) == (10, 0, 1)
    assert (result.project, result.strategy, result.starts_on, result.due_on) == (
        "A garden", "milestones", FIRST, LAST,
    )  # fmt: skip


async def test_it_is_read_while_it_is_written_and_told_once(desk: Desk) -> None:
    job = await desk.plan()

    assert job.output.startswith(
        "## Understand\nIt is clear what is wanted. Eat from it\n2031-01-01 – "
    )
    assert job.output.count("\n- ") == 10
    assert "{" not in job.output
    fractions = [progress.fraction for progress in job.progress]
    assert fractions == sorted(fractions)
    assert "Writing phase 5" in [progress.message for progress in job.progress]
    told = [(notice.name, notice.data) for notice in job.notifications]
    data = {"project_id": str(desk.project.id), "project": "A garden", "phases": 5, "tasks": 10}
    assert told == [("phases_completed", data)]


@pytest.mark.parametrize(
    ("strategy", "phases", "days"),
    [("milestones", 5, 14), ("weekly", 8, 7), ("agile", 5, 14), ("critical_path", 5, 14)],
)
async def test_each_strategy_is_asked_for_in_its_own_words_and_kept_to(
    desk: Desk, sandbox: Sandbox, strategy: str, phases: int, days: int
) -> None:
    job = await desk.plan(strategy=strategy)

    made = job.result.phases
    assert len(made) == phases
    assert {(one.due_on - one.starts_on).days + 1 for one in made} == {days}
    system = sandbox.calls("llm")[0]["body"]["messages"][0]["content"]
    words = {"milestones": "a result that can be shown", "weekly": "Each phase is one week"}
    words |= {"agile": "a sprint", "critical_path": "the longest chain"}
    assert [name for name, told in words.items() if told in system] == [strategy]


async def test_days_wishes_and_number_may_be_said(desk: Desk, sandbox: Sandbox) -> None:
    said: dict[str, Any] = {"starts_on": "2031-02-01", "due_on": "2031-02-10", "max_phases": 2}
    job = await desk.plan(wishes="No work on Sundays", language="de", **said)

    days = [(one.starts_on, one.due_on) for one in job.result.phases]
    assert days == [
        (date(2031, 2, 1), date(2031, 2, 5)),
        (date(2031, 2, 6), date(2031, 2, 10)),
    ]
    assert asked(sandbox)[0].endswith("Last day: 2031-02-10\n\nWishes: No work on Sundays")
    assert "language de" in sandbox.calls("llm")[0]["body"]["messages"][0]["content"]


async def test_without_days_it_is_planned_from_the_owners_today_on(
    desk: Desk, sandbox: Sandbox
) -> None:
    await desk.change_project(starts_on=None, due_on=None)
    async with desk.db() as session:
        _, before = await now_of(session, *desk.owner)

    job = await desk.plan()

    async with desk.db() as session:
        _, after = await now_of(session, *desk.owner)
    assert before <= job.result.starts_on <= after
    assert job.result.due_on - job.result.starts_on == timedelta(days=364)
    assert "nobody has said when it is due" in asked(sandbox)[0]


async def test_planned_again_it_replaces_what_nobody_has_touched(desk: Desk) -> None:
    first = await desk.plan()
    before, _ = await desk.kept()

    second = await desk.plan(strategy="weekly")

    phases, tasks = await desk.kept()
    assert len(before) == 5
    assert (second.result.replaced_phases, second.result.replaced_tasks) == (5, 10)
    assert {phase.job_id for phase in phases} == {task.job_id for task in tasks} == {second.id}
    assert first.id != second.id


async def test_what_was_touched_stays_with_what_it_waits_for_and_the_model_is_told(
    desk: Desk, sandbox: Sandbox
) -> None:
    await desk.plan()
    before, tasks = await desk.kept()
    await desk.touch(tasks[2].id, status="done")
    mine = await desk.add_task(project_id=desk.project.id)

    job = await desk.plan()

    phases, left = await desk.kept()
    stayed = {task.id for task in left if task.job_id != job.id}
    assert stayed == {tasks[0].id, tasks[1].id, tasks[2].id, mine}
    assert {phase.id for phase in phases if phase.job_id != job.id} == {before[0].id, before[1].id}
    assert (job.result.replaced_phases, job.result.replaced_tasks) == (3, 7)
    assert min(task.position for task in left if task.job_id == job.id) == 3
    told = asked(sandbox)[1]
    assert "- Understand (a phase, planned)" in told
    assert f"- {tasks[2].title} (done)" in told
    assert "- Ask the neighbours (planned)" in told


async def test_a_task_elsewhere_keeps_what_it_waits_for(desk: Desk) -> None:
    await desk.plan()
    _, tasks = await desk.kept()
    await desk.add_task(depends_on=[tasks[0].id])

    job = await desk.plan()

    _, left = await desk.kept()
    assert tasks[0].id in {task.id for task in left}
    assert job.result.replaced_tasks == 9


async def test_a_second_run_finds_the_plan_and_pays_nothing(desk: Desk, sandbox: Sandbox) -> None:
    bench = desk.bench()
    job = bench.submit(phase_generation, {"project_id": str(desk.project.id)})
    await bench.until(lambda: any(line.startswith("Spent ") for line in messages(job)))

    bench.crash(job)
    await bench.run()

    phases, tasks = await desk.kept()
    assert [attempt.outcome for attempt in job.attempts] == ["lost", "succeeded"]
    assert (len(sandbox.calls("llm")), len(phases), len(tasks)) == (1, 5, 10)
    assert [made.id for made in job.result.phases] == [phase.id for phase in phases]
    assert job.result.usage.rounds == 1
    assert len(job.notifications) == 1


async def test_a_second_run_of_an_older_job_leaves_the_newer_plan_alone(
    desk: Desk, sandbox: Sandbox
) -> None:
    bench = desk.bench()
    older = bench.submit(phase_generation, {"project_id": str(desk.project.id)})
    await bench.until(lambda: any(line.startswith("Spent ") for line in messages(older)))
    bench.crash(older)
    newer = await desk.plan(strategy="weekly")

    await bench.run()

    phases, _ = await desk.kept()
    assert older.state == "succeeded"
    assert {phase.job_id for phase in phases} == {newer.id}
    assert len(sandbox.calls("llm")) == 2


async def test_a_plan_with_wrong_days_is_shown_to_the_model_and_corrected(
    desk: Desk, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, answers = (
        SCRIPTS["project_plan"],
        [{"phases": [phase("Too early", 1, 7, task("a", 2, "z"))]}],
    )
    scripts = {"project_plan": lambda texts: answers.pop() if answers else right(texts)}
    monkeypatch.setattr("service.dev.sandbox.llm.SCRIPTS", scripts)

    job = await desk.plan()

    repair = sandbox.calls("llm")[1]["body"]["messages"][-1]["content"]
    assert job.state == "succeeded"
    assert job.result.usage.rounds == 2
    assert "phases.0.starts_on: 2026-01-01 is not between 2031-01-01 and 2031-03-11" in repair
    assert "task a: depends on z, which is not there" in repair


async def test_two_answers_that_do_not_fit_end_it_and_nothing_is_kept(
    desk: Desk, sandbox: Sandbox
) -> None:
    model_of(sandbox, "unfit", "invalid_json")

    job = await desk.plan()

    assert job.error is not None
    assert (job.state, job.error.code, job.failures) == ("failed", "bad_answer", 1)
    assert await desk.kept() == ([], [])
    assert job.checkpoint["usage"]["rounds"] == 2
    told = [(notice.name, notice.data["code"]) for notice in job.notifications]
    assert told == [("phases_failed", "bad_answer")]


async def test_a_project_changed_meanwhile_gets_a_plan_that_fits_it_as_it_is(
    desk: Desk, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, "project_plan", desk.change_project(due_on=date(2031, 2, 1)))

    job = await desk.plan()

    assert (job.state, job.failures, job.result.due_on) == ("succeeded", 1, date(2031, 2, 1))
    assert [len(call["body"]["messages"]) for call in sandbox.calls("llm")] == [2, 4]
    phases, _ = await desk.kept()
    assert phases[-1].due_on <= date(2031, 2, 1)


async def test_a_project_renamed_meanwhile_keeps_the_plan(
    desk: Desk, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, "project_plan", desk.change_project(name="A park"))

    job = await desk.plan()

    assert (job.state, job.result.project, len(sandbox.calls("llm"))) == ("succeeded", "A park", 1)


async def test_another_attempt_that_was_faster_is_left_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = await desk.plan()
    bench = desk.bench()
    job = bench.submit(phase_generation, {"project_id": str(desk.project.id)})
    meanwhile(monkeypatch, "project_plan", desk.keep_result(job.id, earlier.result))

    await bench.run()

    phases, _ = await desk.kept()
    assert job.result == earlier.result
    assert {phase.job_id for phase in phases} == {earlier.id}


async def test_a_project_deleted_meanwhile_ends_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, "project_plan", desk.delete_project())

    job = await desk.plan()

    assert job.error is not None
    assert (job.state, job.error.code, job.failures) == ("failed", "not_found", 1)


async def test_somebody_elses_project_is_not_there(desk: Desk, sandbox: Sandbox) -> None:
    for stranger in (("acme", "bert"), ("other", "anna")):
        job = await desk.plan(owner=stranger)

        assert job.error is not None
        assert job.error.code == "not_found"
    assert sandbox.calls("llm") == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"status": "archived"}, "closed"), ({"status": "done"}, "closed"),
        ({"starts_on": None, "due_on": date(2020, 1, 1)}, "bad_dates"),
    ],
    ids=["archived", "done", "over"],
)  # fmt: skip
async def test_what_cannot_be_planned_costs_nothing(
    desk: Desk, sandbox: Sandbox, changed: dict[str, Any], code: str
) -> None:
    await desk.change_project(**changed)

    job = await desk.plan()

    assert job.error is not None
    assert (job.error.code, job.failures, sandbox.calls("llm")) == (code, 1, [])


async def test_nothing_is_asked_when_the_tasks_could_not_be_kept(
    desk: Desk, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(phase_generation.process.__globals__, "MOST_TASKS", 1)
    await desk.add_task()

    job = await desk.plan()

    assert job.error is not None
    assert (job.error.code, sandbox.calls("llm")) == ("too_many_tasks", [])


@pytest.mark.parametrize(
    ("trouble", "state", "failures"),
    [
        ({"status": 429, "retry_after": 7, "times": 1}, "succeeded", 1),
        ({"status": 503, "times": 2}, "succeeded", 2),
        ({"status": 500}, "failed", 3),
        ({"truncate": True, "times": 1}, "succeeded", 1),
        ({"garbage": True, "times": 1}, "succeeded", 1),
        ({"status": 401}, "failed", 1),
    ],
    ids=["busy", "away twice", "away", "truncated", "garbage", "wrong key"],
)
async def test_trouble_of_the_model_is_waited_out_or_ends_it(
    desk: Desk, sandbox: Sandbox, trouble: dict[str, Any], state: str, failures: int
) -> None:
    sandbox.switch("llm", **trouble)

    job = await desk.plan()

    assert (job.state, job.failures) == (state, failures)
    if trouble.get("retry_after"):
        first, second = job.attempts
        assert first.ended_at is not None
        assert second.started_at - first.ended_at == timedelta(seconds=7)
    told = [repr(job.row), *map(repr, job.logs), *(repr(event.body) for event in job.events)]
    assert "sandbox-key" not in "".join(told)


async def test_without_a_model_it_fails_at_once(desk: Desk, sandbox: Sandbox) -> None:
    async with open_llm(sandbox, llm_base_url="") as llm:
        job = await replace(desk, llm=llm).plan()

    assert job.error is not None
    assert (job.error.code, job.failures) == ("not_configured", 1)
    assert "LLM_BASE_URL" in job.error.message


@pytest.mark.parametrize(
    "args",
    [
        {"project_id": "x"}, {"strategy": "luck"}, {"max_phases": 0}, {"max_phases": 27},
        {"starts_on": "2026-02-30"}, {"wishes": "x" * 2_001}, {"language": "no language"},
        {"api_key": "sk-1"},
    ],
    ids=range(8),
)  # fmt: skip
def test_args_that_make_no_sense_are_refused(args: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgs):
        phase_generation.parse({"project_id": str(uuid7()), **args})


def test_its_limits_and_its_example_are_as_promised() -> None:
    schema = phase_generation.args.model_json_schema()

    assert phase_generation.parse(schema["examples"][0]) is not None
    assert all("description" in field for field in schema["properties"].values())
    assert (phase_generation.timeout, phase_generation.max_attempts) == (timedelta(minutes=5), 3)
    assert phase_generation.failed_as == "phases_failed"
