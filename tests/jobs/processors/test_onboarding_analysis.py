"""Kind ``onboarding_analysis`` on the bench: the sandbox's model by the real SDK, a real database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from jobs.errors import InvalidArgs
from jobs.ids import uuid7
from jobs.kept.profiles import NewProfile, ProfileRow, delete_profile, find_profile, keep_profile
from jobs.kept.projects import NewProject, ProjectRow, keep_project, list_projects
from jobs.kept.tasks import TaskRow, open_tasks
from jobs.processors.onboarding_analysis import onboarding_analysis
from jobs.providers.llm import Llm
from jobs.testing import Bench, Job, sessions
from jobs.testing.absent import Sessions
from service.dev.sandbox import Sandbox
from tests.jobs.onboarding.portraits import idea, portrait
from tests.jobs.processors.meanwhile import meanwhile
from tests.jobs.providers.language import model_of, open_llm

ANSWERS = [
    {"question": "What would you like to get done?", "answer": "Grow vegetables, learn the cello"},
    {"question": "How much time do you have?", "answer": "About 4 hours a week"},
    {"question": "What holds you back?", "answer": ""},
]
OWNER = ("acme", "anna")
A_MILLISECOND = 1 << 80  # of a UUIDv7


@dataclass
class Desk:
    """A bench with a model and a database, and a look at what was kept."""

    llm: Llm
    db: Sessions

    def bench(self, owner: tuple[str, str] = OWNER) -> Bench:
        kinds, providers = [onboarding_analysis], {"llm": self.llm}
        return Bench(kinds, providers=providers, db=self.db, owner=owner)

    async def analyse(self, owner: tuple[str, str] = OWNER, **args: Any) -> Job:
        bench = self.bench(owner)
        job = bench.submit(onboarding_analysis, {"answers": ANSWERS, **args})
        await bench.run()
        return job

    async def kept(self, owner: tuple[str, str] = OWNER) -> ProfileRow | None:
        async with self.db() as session:
            return await find_profile(session, *owner)

    async def made(self) -> tuple[list[ProjectRow], list[TaskRow]]:
        async with self.db() as session:
            projects = await list_projects(session, *OWNER, 10)
            return projects, await open_tasks(session, *OWNER, 50)

    async def keep(self, job: UUID) -> None:
        """Keep a profile as another job, or another attempt, would."""
        about = portrait()
        suggestions = about.pop("projects")[:0]
        new = NewProfile(*OWNER, job, "en", about, suggestions, "sandbox-writer", {"rounds": 1})
        async with self.db() as session:
            assert await keep_profile(session, new)

    async def add_project(self, name: str) -> None:
        async with self.db() as session:
            await keep_project(session, NewProject(uuid7(), *OWNER, name))


@pytest.fixture
async def desk(sandbox: Sandbox, database_url: str) -> AsyncIterator[Desk]:
    model_of(sandbox)
    async with open_llm(sandbox) as llm:
        yield Desk(llm, sessions(database_url))


def spent(job: Job) -> bool:
    return any(line.message.startswith("Spent ") for line in job.logs)


async def test_answers_become_a_profile_and_suggestions_and_nothing_else(desk: Desk) -> None:
    job = await desk.analyse()

    kept = await desk.kept()
    assert job.error is None
    assert kept is not None
    assert kept.job_id == job.id
    assert kept.about == job.result.about.model_dump()
    assert job.result.about.goals == ["Grow vegetables", "learn the cello"]
    assert job.result.about.hours_per_week == 4
    assert [one.name for one in job.result.suggestions] == ["Grow vegetables", "Learn the cello"]
    assert [len(one.tasks) for one in job.result.suggestions] == [3, 3]
    assert (job.result.usage.rounds, kept.usage["rounds"], kept.model) == (1, 1, "sandbox-writer")
    assert await desk.made() == ([], [])


async def test_it_is_read_while_it_is_written_and_told_once(desk: Desk, sandbox: Sandbox) -> None:
    job = await desk.analyse()

    assert job.output.startswith("You said: Grow vegetables")
    assert "\n\nGoals: Grow vegetables; learn the cello\n\n## Grow vegetables\n" in job.output
    assert "{" not in job.output
    told = [(notice.name, notice.data) for notice in job.notifications]
    assert told == [("onboarding_completed", {"projects": 2, "tasks": 6})]
    question = sandbox.calls("llm")[0]["body"]["messages"][1]["content"]
    assert "What holds you back?" not in question


async def test_accepted_at_once_they_are_projects_with_tasks(desk: Desk) -> None:
    job = await desk.analyse(accept=True)

    projects, tasks = await desk.made()
    assert {one.id for one in projects} == {one.id for one in job.result.suggestions}
    assert {project.job_id for project in projects} == {task.job_id for task in tasks} == {job.id}
    assert all(one.accepted_at for one in job.result.suggestions)
    assert len(tasks) == 6


async def test_a_second_run_finds_the_profile_and_pays_nothing(
    desk: Desk, sandbox: Sandbox
) -> None:
    bench = desk.bench()
    job = bench.submit(onboarding_analysis, {"answers": ANSWERS, "accept": True})
    await bench.until(lambda: spent(job))

    bench.crash(job)
    await bench.run()

    projects, tasks = await desk.made()
    assert [attempt.outcome for attempt in job.attempts] == ["lost", "succeeded"]
    assert (len(sandbox.calls("llm")), len(projects), len(tasks)) == (1, 2, 6)
    assert len(job.notifications) == 1


async def test_a_newer_analysis_replaces_the_profile_and_an_older_never_does(
    desk: Desk, sandbox: Sandbox
) -> None:
    bench = desk.bench()
    older = bench.submit(onboarding_analysis, {"answers": ANSWERS})
    await bench.until(lambda: spent(older))
    bench.crash(older)
    newer = await desk.analyse(max_projects=1)

    await bench.run()

    kept = await desk.kept()
    assert kept is not None
    assert older.error is not None
    assert (kept.job_id, kept.version, older.error.code) == (newer.id, 2, "superseded")
    assert len(sandbox.calls("llm")) == 2


async def test_overtaken_while_the_model_was_thinking_it_keeps_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = desk.bench()
    job = bench.submit(onboarding_analysis, {"answers": ANSWERS, "accept": True})
    newer = UUID(int=job.id.int + A_MILLISECOND)
    meanwhile(monkeypatch, "portrait", desk.keep(newer))

    await bench.run()

    kept = await desk.kept()
    assert kept is not None
    assert job.error is not None
    assert (job.error.code, job.failures, kept.job_id) == ("superseded", 1, newer)
    assert await desk.made() == ([], [])


async def test_another_attempt_that_was_faster_is_left_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = desk.bench()
    job = bench.submit(onboarding_analysis, {"answers": ANSWERS, "accept": True})
    meanwhile(monkeypatch, "portrait", desk.keep(job.id))

    await bench.run()

    kept = await desk.kept()
    assert kept is not None
    assert (job.state, job.result.about.summary) == ("succeeded", "You like plants.")
    assert (kept.version, await desk.made()) == (1, ([], []))


async def test_projects_there_are_already_are_not_suggested(desk: Desk, sandbox: Sandbox) -> None:
    await desk.add_project("Grow vegetables")

    job = await desk.analyse()

    assert [one.name for one in job.result.suggestions] == ["Learn the cello"]
    question = sandbox.calls("llm")[0]["body"]["messages"][1]["content"]
    assert question.endswith("<standing>\n- Grow vegetables\n</standing>")


async def test_each_user_has_a_profile_of_their_own(desk: Desk, sandbox: Sandbox) -> None:
    await desk.add_project("The secret of anna")

    mine, theirs = await desk.analyse(), await desk.analyse(owner=("acme", "bert"))

    kept = [await desk.kept(), await desk.kept(("acme", "bert")), await desk.kept(("x", "anna"))]
    assert [row and row.job_id for row in kept] == [mine.id, theirs.id, None]
    assert "secret" not in str(sandbox.calls("llm")[1])


async def test_an_answer_that_does_not_fit_is_corrected_or_ends_it(
    desk: Desk, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [portrait(*[idea(f"P{n}") for n in range(4)]), portrait(), portrait(projects=[])]
    scripts = {"portrait": lambda texts: answers.pop(0) if len(answers) > 1 else answers[0]}
    monkeypatch.setattr("service.dev.sandbox.llm.SCRIPTS", scripts)

    corrected, ended = await desk.analyse(), await desk.analyse()

    repair = sandbox.calls("llm")[1]["body"]["messages"][-1]["content"]
    assert "projects: 4 of them, at most 3 are allowed" in repair
    assert (corrected.state, corrected.result.usage.rounds) == ("succeeded", 2)
    assert ended.error is not None
    assert (ended.error.code, ended.failures) == ("bad_answer", 1)
    assert [notice.name for notice in ended.notifications] == ["onboarding_failed"]
    kept = await desk.kept()
    assert kept is not None
    assert kept.job_id == corrected.id


async def test_nothing_is_asked_when_the_projects_could_not_be_kept(
    desk: Desk, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(onboarding_analysis.process.__globals__, "MOST_KEPT", 2)

    full = await desk.analyse(accept=True)
    unasked = await desk.analyse()

    assert full.error is not None
    assert (full.error.code, unasked.state) == ("too_many_projects", "succeeded")
    assert len(sandbox.calls("llm")) == 1


async def test_too_many_tasks_end_it_and_keep_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.onboarding.accepting.MOST_TASKS", 5)

    job = await desk.analyse(accept=True)

    assert job.error is not None
    assert (job.error.code, job.failures, await desk.kept()) == ("too_many_tasks", 1, None)
    assert await desk.made() == ([], [])


@pytest.mark.parametrize(
    ("trouble", "state", "failures"),
    [
        ({"status": 429, "retry_after": 7, "times": 1}, "succeeded", 1),
        ({"status": 500}, "failed", 3),
        ({"status": 401}, "failed", 1),
    ],
    ids=["busy", "away", "wrong key"],
)
async def test_trouble_of_the_model_is_waited_out_or_ends_it(
    desk: Desk, sandbox: Sandbox, trouble: dict[str, Any], state: str, failures: int
) -> None:
    sandbox.switch("llm", **trouble)

    job = await desk.analyse()

    assert (job.state, job.failures) == (state, failures)
    if trouble.get("retry_after"):
        first, second = job.attempts
        assert first.ended_at is not None
        assert second.started_at - first.ended_at == timedelta(seconds=7)
    told = [repr(job.row), *map(repr, job.logs), *(repr(event.body) for event in job.events)]
    assert "sandbox-key" not in "".join(told)


async def test_without_a_model_it_fails_at_once(desk: Desk, sandbox: Sandbox) -> None:
    async with open_llm(sandbox, llm_api_key="") as llm:
        job = await replace(desk, llm=llm).analyse()

    assert job.error is not None
    assert (job.error.code, job.failures) == ("not_configured", 1)
    assert "LLM_API_KEY" in job.error.message


async def test_a_forgotten_profile_is_made_again_by_a_new_job(desk: Desk) -> None:
    await desk.analyse()
    async with desk.db() as session:
        assert await delete_profile(session, *OWNER)

    again = await desk.analyse()

    kept = await desk.kept()
    assert kept is not None
    assert (kept.job_id, kept.version) == (again.id, 1)


@pytest.mark.parametrize(
    "args",
    [
        {"answers": []}, {"answers": [{"question": "A?", "answer": " "}]}, {"answers": ANSWERS * 14},
        {"answers": [{"question": "", "answer": "x"}]}, {"answers": [{"question": "A?"}]},
        {"answers": [{"question": "A?", "answer": "x" * 4_001}]}, {"max_projects": 0},
        {"max_projects": 7}, {"language": "no language"}, {"accept": "maybe"}, {"api_key": "sk-1"},
    ],
    ids=range(11),
)  # fmt: skip
def test_args_that_make_no_sense_are_refused(args: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgs):
        onboarding_analysis.parse({"answers": ANSWERS, **args})


def test_its_limits_and_its_example_are_as_promised() -> None:
    schema = onboarding_analysis.args.model_json_schema()

    assert onboarding_analysis.parse(schema["examples"][0]) is not None
    assert all("description" in field for field in schema["properties"].values())
    limits = (onboarding_analysis.timeout, onboarding_analysis.max_attempts)
    assert limits == (timedelta(minutes=3), 3)
    assert onboarding_analysis.failed_as == "onboarding_failed"
