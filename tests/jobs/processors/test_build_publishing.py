"""Kind ``build_publishing`` on the bench: a played build service that can be interrupted at each call."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from jobs.errors import Discard, InvalidArgs, ProviderError
from jobs.kept.builds import BuildRow, builds_of_job
from jobs.processors.build_publishing import build_publishing
from jobs.providers.build_log import LogLine
from jobs.providers.build_projects import BuildProjects
from jobs.providers.build_service import (
    Artifacts,
    Platform,
    RemoteBuild,
    RemoteSubmission,
    Submitted,
    Trouble,
)
from jobs.providers.command import Hear
from jobs.settings import JobsSettings
from jobs.testing import Bench, Job, sessions
from jobs.testing.absent import Sessions
from tests.jobs.providers.eas import SAMPLES

WORKS = {"project": "garden", "platform": "ios", "submit": True}


@dataclass
class PlayedService:
    """A build service: a build is done after ``looks`` looks. ``interfere`` is called around each call."""

    looks: int = 2
    build_status: str = "FINISHED"
    submission_status: str = "FINISHED"
    names_submissions: bool = True
    builds: list[RemoteBuild] = field(default_factory=list)
    submissions: list[RemoteSubmission] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    viewed: dict[str, int] = field(default_factory=dict)
    interfere: Callable[[str, int, str], None] = lambda name, number, when: None

    @asynccontextmanager
    async def called(self, name: str) -> AsyncIterator[None]:
        self.calls.append(name)
        number = len(self.calls)
        self.interfere(name, number, "before")
        await asyncio.sleep(0)  # what interrupts arrives here
        yield
        self.interfere(name, number, "after")
        await asyncio.sleep(0)

    async def start(self, platform: Platform, profile: str, message: str) -> RemoteBuild:
        async with self.called("start"):
            made = RemoteBuild(
                id=f"build-{len(self.builds) + 1}", status="NEW", platform=platform, message=message
            )
            self.builds.append(made)
        return made

    async def find(self, platform: Platform, message: str) -> list[RemoteBuild]:
        async with self.called("find"):
            return [b for b in self.builds if (b.platform, b.message) == (platform, message)]

    async def view(self, build_id: str) -> RemoteBuild:
        async with self.called("view"):
            looks = self.viewed[build_id] = self.viewed.get(build_id, 0) + 1
            status = self.build_status if looks > self.looks else "IN_PROGRESS"
            build = next(b for b in self.builds if b.id == build_id)
            told: dict[str, Any] = {"status": status, "log_files": ("https://logs.example/1",)}
            if status == "FINISHED":
                app = f"https://apps.example/{build_id}"
                told |= {"artifacts": Artifacts(application_archive_url=app)}
            if status == "ERRORED":
                told |= {"error": Trouble(message="It did not compile")}
            build = build.model_copy(update=told)
            self.builds = [build if b.id == build_id else b for b in self.builds]
            return build

    async def cancel(self, build_id: str) -> None:
        async with self.called("cancel"):
            self.cancelled.append(build_id)

    async def submit(self, platform: Platform, build_id: str, profile: str) -> str | None:
        async with self.called("submit"):
            made = RemoteSubmission(
                id=f"submission-{len(self.submissions) + 1}",
                status=self.submission_status,
                error=Trouble(message="The store said no"),
                submitted_build=Submitted(id=build_id),
            )
            self.submissions.append(made)
        return made.id if self.names_submissions else None

    async def find_submission(self, platform: Platform, build_id: str) -> RemoteSubmission | None:
        async with self.called("find_submission"):
            made = [s for s in self.submissions if s.submitted_build == Submitted(id=build_id)]
            return next((s for s in made if not s.spent), None)

    async def view_submission(self, submission_id: str) -> RemoteSubmission:
        async with self.called("view_submission"):
            return next(s for s in self.submissions if s.id == submission_id)


class PlayedLog:
    """Tells a line with each look, the newest of a phase of its own."""

    def __init__(self) -> None:
        self.told = 0

    async def more(self, urls: Sequence[str]) -> list[LogLine]:
        self.told += 1
        return [LogLine(f"line {self.told}", f"PHASE_{self.told}")]


class PlayedBuilds:
    """The provider, over the played service and the sample projects."""

    poll_seconds = 30.0

    def __init__(self, service: PlayedService) -> None:
        self.service = service
        self.projects = BuildProjects(JobsSettings(eas_projects=str(SAMPLES)))
        self.folders: list[Path] = []

    def check(self) -> None:
        pass

    def at(self, folder: Path, hear: Hear) -> PlayedService:
        self.folders.append(folder)
        return self.service

    def log(self) -> PlayedLog:
        return PlayedLog()


@dataclass
class Scene:
    """A bench with the service on it, and what Postgres has."""

    bench: Bench
    service: PlayedService
    db: Sessions
    kept: Callable[[], None] | None = None

    @asynccontextmanager
    async def noticing(self) -> AsyncIterator[AsyncSession]:
        """Open a session; ``kept`` is called once, after what the store said was written."""
        async with self.db() as session:
            yield session
        if self.kept is not None and self.service.calls[-1:] == ["view_submission"]:
            kept, self.kept = self.kept, None
            kept()
            await asyncio.sleep(0)

    async def publish(self, **args: Any) -> Job:
        job = self.bench.submit(build_publishing, {**WORKS, **args})
        await self.bench.run()
        return job

    async def rows(self, job: Job) -> list[BuildRow]:
        async with self.db() as session:
            return list(await builds_of_job(session, "acme", "anna", job.id))


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    service, db = PlayedService(), sessions(database_url)
    provider = PlayedBuilds(service)
    opened: list[Scene] = []

    def noticing() -> AbstractAsyncContextManager[AsyncSession]:
        return opened[0].noticing()

    async with Bench([build_publishing], providers={"builds": provider}, db=noticing) as bench:
        opened.append(Scene(bench, service, db))
        yield opened[0]


async def test_an_app_is_built_and_submitted(scene: Scene) -> None:
    job = await scene.publish()

    assert job.error is None
    (built,) = job.result.builds
    assert (built.platform, built.state, built.remote_id) == ("ios", "submitted", "build-1")
    assert built.artifact_url == "https://apps.example/build-1"
    assert built.submission_id == "submission-1"
    assert [n.name for n in job.notifications] == ["build_published"]
    assert job.output == "line 1\nline 2\nline 3\n"
    (row,) = await scene.rows(job)
    assert (row.id, row.state, row.error) == (built.build_id, "submitted", None)
    assert row.built_at is not None
    assert row.finished_at is not None


async def test_progress_goes_forward_to_the_end(scene: Scene) -> None:
    scene.service.looks = 12

    job = await scene.publish(platform="all")

    fractions = [p.fraction for p in job.progress]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert "Building for iOS: phase 3" in {p.message.partition(";")[0] for p in job.progress}


async def test_an_app_that_is_not_to_be_submitted_is_not(scene: Scene) -> None:
    job = await scene.publish(submit=False)

    assert job.result.builds[0].state == "built"
    assert scene.service.submissions == []
    assert (await scene.rows(job))[0].finished_at is not None


async def test_looks_become_rarer(scene: Scene) -> None:
    scene.service.looks = 10
    job = await scene.publish()

    began = job.row.started_at
    assert job.row.finished_at is not None
    assert began is not None
    assert job.row.finished_at - began > timedelta(seconds=10 * 30)
    assert scene.service.calls.count("view") == 11


INTERRUPTIONS = [(number, when) for number in range(1, 9) for when in ("before", "after")]


@pytest.mark.parametrize("how", ["crash", "release"])
@pytest.mark.parametrize(("number", "when"), INTERRUPTIONS)
async def test_interrupted_anywhere_there_is_one_build_and_one_submission(
    scene: Scene, how: str, number: int, when: str
) -> None:
    """A worker dies, or a deploy comes, around each call of the first attempt."""
    job = scene.bench.submit(build_publishing, WORKS)

    def interfere(name: str, count: int, where: str) -> None:
        if (count, where) == (number, when):
            getattr(scene.bench, how)(job)

    scene.service.interfere = interfere
    await scene.bench.run()

    assert job.error is None
    assert [a.outcome for a in job.attempts][-1] == "succeeded"
    assert job.failures == 0
    assert len(scene.service.builds) == 1
    assert len(scene.service.submissions) == 1
    assert scene.service.cancelled == []
    (row,) = await scene.rows(job)
    assert (row.state, row.attempt) == ("submitted", len(job.attempts))


async def test_a_build_begun_too_late_by_a_worker_that_was_cut_off_is_cancelled(
    scene: Scene,
) -> None:
    """The second attempt finds nothing, begins a build, and then the first one's appears."""
    job = scene.bench.submit(build_publishing, WORKS)

    def interfere(name: str, count: int, where: str) -> None:
        if (count, where) == (1, "before"):
            scene.bench.crash(job)
        if (name, where) == ("view", "before") and len(scene.service.builds) == 1:
            late = scene.service.builds[0].model_copy(update={"id": "late", "status": "NEW"})
            scene.service.builds.append(late)

    scene.service.interfere = interfere
    await scene.bench.run()

    assert job.error is None
    assert job.result.builds[0].remote_id == "build-1"
    assert scene.service.cancelled == ["late"]
    assert len(scene.service.submissions) == 1


@pytest.mark.parametrize("name", ["start", "find", "submit", "find_submission"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_call_that_fails_before_or_after_its_work_doubles_nothing(
    scene: Scene, name: str, when: str
) -> None:
    failing = iter([name] if name != "find" else ["start", "find"])
    wanted = next(failing)

    def interfere(called: str, count: int, where: str) -> None:
        nonlocal wanted
        if (called, where) == (wanted, when):
            wanted = next(failing, "")
            raise ProviderError("The network is down.")

    scene.service.interfere = interfere
    job = await scene.publish()

    assert job.state == "succeeded"
    assert len(scene.service.builds) == 1
    assert len(scene.service.submissions) == 1


async def test_an_attempt_past_its_time_leaves_the_build_to_the_next(scene: Scene) -> None:
    scene.service.looks = 45

    job = await scene.publish()

    assert [a.outcome for a in job.attempts] == ["timeout", "succeeded"]
    assert len(scene.service.builds) == 1
    assert scene.service.cancelled == []


async def test_a_few_failed_looks_cost_no_attempt(scene: Scene) -> None:
    failures = iter([True] * 4)

    def interfere(name: str, count: int, where: str) -> None:
        if name == "view" and where == "before" and next(failures, False):
            raise ProviderError("The network is down.")

    scene.service.interfere = interfere
    job = await scene.publish()

    assert job.error is None
    assert job.failures == 0
    assert [line.message for line in job.logs].count("The network is down. Looking again.") == 4


async def test_a_service_that_stays_away_fails_the_attempt(scene: Scene) -> None:
    def interfere(name: str, count: int, where: str) -> None:
        if name == "view":
            raise ProviderError("The network is down.")

    scene.service.interfere = interfere
    job = await scene.publish()

    assert job.state == "failed"
    assert job.failures == 3
    assert scene.service.calls.count("view") == 15
    assert len(scene.service.builds) == 1


async def test_a_token_refused_half_way_is_final(scene: Scene) -> None:
    def interfere(name: str, count: int, where: str) -> None:
        if name == "view":
            raise Discard("The bearer token is invalid.", code="unauthorized")

    scene.service.interfere = interfere
    job = await scene.publish()

    assert job.error is not None
    assert (job.error.code, job.failures) == ("unauthorized", 1)


@pytest.mark.parametrize("platform", ["ios", "all"])
async def test_a_build_that_fails_is_final_and_told_once(scene: Scene, platform: str) -> None:
    scene.service.build_status = "ERRORED"

    job = await scene.publish(platform=platform)

    assert job.error is not None
    assert job.error.code == "build_failed"
    assert "iOS: It did not compile" in job.error.message
    assert job.failures == 1
    assert [n.name for n in job.notifications] == ["build_failed"]
    assert {row.state for row in await scene.rows(job)} == {"failed"}
    assert scene.service.submissions == []


async def test_a_failed_build_is_begun_afresh_by_a_retry(scene: Scene) -> None:
    scene.service.build_status = "ERRORED"
    job = await scene.publish()
    scene.service.build_status = "FINISHED"

    scene.bench.retry(job)
    await scene.bench.run()

    assert job.error is None
    assert job.result.builds[0].remote_id == "build-2"
    assert len(scene.service.builds) == 2


async def test_a_build_cancelled_by_somebody_there_fails_the_job(scene: Scene) -> None:
    scene.service.build_status = "CANCELED"

    job = await scene.publish()

    assert job.error is not None
    assert job.error.message == "iOS: It was cancelled."


async def test_a_refused_submission_is_final_and_a_retry_submits_the_same_build(
    scene: Scene,
) -> None:
    scene.service.submission_status = "ERRORED"
    job = await scene.publish()
    failed = job.error
    scene.service.submission_status = "FINISHED"

    scene.bench.retry(job)
    await scene.bench.run()

    assert failed is not None
    assert (failed.code, failed.message) == ("submission_failed", "iOS: The store said no")
    assert job.error is None
    assert len(scene.service.builds) == 1
    assert job.result.builds[0].submission_id == "submission-2"


async def test_a_submission_that_is_not_named_is_looked_for(scene: Scene) -> None:
    scene.service.names_submissions = False

    job = await scene.publish()

    assert job.result.builds[0].submission_id == "submission-1"


@pytest.mark.parametrize(
    ("number", "cancelled"), [(1, []), (2, ["build-1"]), (3, ["build-1"]), (5, [])]
)
async def test_cancelled_it_cancels_the_remote_build(
    scene: Scene, number: int, cancelled: list[str]
) -> None:
    """Calls: start, view, view, view, find_submission, …; a finished build cannot be cancelled."""
    job = scene.bench.submit(build_publishing, WORKS)

    def interfere(name: str, count: int, where: str) -> None:
        if (count, where) == (number, "before"):
            scene.bench.cancel(job)

    scene.service.interfere = interfere
    await scene.bench.run()

    assert job.state == "cancelled"
    assert scene.service.cancelled == cancelled
    assert scene.service.submissions == []
    assert [row.state for row in await scene.rows(job)] == ["cancelled"]


async def test_cancelled_while_the_build_begins_it_is_found_and_cancelled(scene: Scene) -> None:
    job = scene.bench.submit(build_publishing, WORKS)

    def interfere(name: str, count: int, where: str) -> None:
        if (name, where) == ("start", "after"):
            scene.bench.cancel(job)

    scene.service.interfere = interfere
    await scene.bench.run()

    assert job.state == "cancelled"
    assert scene.service.cancelled == ["build-1"]


async def test_a_remote_build_that_cannot_be_cancelled_is_said(scene: Scene) -> None:
    job = scene.bench.submit(build_publishing, WORKS)

    def interfere(name: str, count: int, where: str) -> None:
        if (name, where) == ("view", "before"):
            scene.bench.cancel(job)
        if name == "cancel":
            raise ProviderError("The network is down.")

    scene.service.interfere = interfere
    await scene.bench.run()

    assert job.state == "cancelled"
    assert job.logs[-1].message == "The iOS build could not be cancelled: The network is down."
    assert [row.state for row in await scene.rows(job)] == ["building"]


async def test_an_attempt_that_finds_all_done_asks_nobody(scene: Scene) -> None:
    """The worker died between its last word to Postgres and the job's end."""
    job = scene.bench.submit(build_publishing, WORKS)
    scene.kept = lambda: scene.bench.crash(job)

    await scene.bench.run()

    assert job.error is None
    assert [a.outcome for a in job.attempts] == ["lost", "succeeded"]
    assert scene.service.calls[-1] == "view_submission"
    assert scene.service.calls.count("view_submission") == 1
    assert [n.name for n in job.notifications] == ["build_published"]


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({"project": "nobody"}, "not_found"),
        ({"ref": "main"}, "no_refs"),
    ],
)
async def test_a_project_that_is_not_there_is_final(
    scene: Scene, args: dict[str, Any], code: str
) -> None:
    job = await scene.publish(**args)

    assert job.error is not None
    assert (job.error.code, job.failures) == (code, 1)
    assert scene.service.calls == []


@pytest.mark.parametrize(
    "args",
    [
        {"project": None},
        {"project": "garden", "upload_id": "01a203fe-315d-7704-ba1e-0be741383f9a"},
        {"project": None, "upload_id": "01a203fe-315d-7704-ba1e-0be741383f9a", "ref": "main"},
        {"project": "../garden"},
        {"project": "--help"},
        {"profile": "-x"},
        {"ref": "--upload-pack=evil"},
        {"platform": "windows"},
    ],
)
def test_args_that_make_no_sense_are_refused(scene: Scene, args: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgs):
        scene.bench.submit(build_publishing, {**WORKS, **args})
