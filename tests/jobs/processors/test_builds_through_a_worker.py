"""``build_publishing`` through a real worker, a real command line and the sandbox's build service."""

import io
import tarfile
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from jobs.inbox import InboxFilter
from jobs.kept.builds import BuildRow, builds_of_job
from jobs.queue import Submission
from jobs.resource import JobResource
from jobs.resources import Resources
from jobs.settings import JobsSettings
from service.dev.child import becomes_true
from service.dev.sandbox import Sandbox
from service.dev.sandbox.eas import TOKEN, Eas
from tests.jobs.conftest import ANNA, ended, submit, until, working
from tests.jobs.providers.eas import GARDEN, eas_settings, service_of
from tests.jobs.providers.families import alive, in_session, sessions, until_alive

KIND = "build_publishing"
WORKS = {"project": "garden", "platform": "android", "submit": True}


@pytest.fixture
def eas(sandbox: Sandbox) -> Eas:
    return service_of(sandbox)


@pytest.fixture
def word() -> str:
    """Give what the test's processes, and no others, have in their command line."""
    return f"family-{uuid4()}"


async def rows(resources: Resources, job: JobResource) -> list[BuildRow]:
    async with resources.db.session() as session:
        return list(await builds_of_job(session, "acme", "anna", job.id))


async def asked(sandbox: Sandbox, path: str) -> None:
    """Wait until the service was asked for something."""

    async def there() -> bool:
        return bool(sandbox.calls("eas", path))

    await becomes_true(there, 20)


async def building(resources: Resources, job: JobResource) -> BuildRow:
    """Wait until the record has the remote build's id."""
    found: list[BuildRow] = []

    async def known() -> bool:
        found[:] = [row for row in await rows(resources, job) if row.remote_id]
        return bool(found)

    await becomes_true(known, 20)
    return found[0]


async def test_an_app_is_built_for_both_platforms_and_submitted(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox, eas: Eas
) -> None:
    async with working(eas_settings(settings, sandbox)):
        job = await submit(
            resources, KIND, project="garden", submit=True, submit_profile="internal"
        )
        found = await ended(resources, job)

    assert found.error is None
    built = {one["platform"]: one for one in found.result["builds"]}
    assert {one["state"] for one in built.values()} == {"submitted"}
    assert built["ios"]["artifact_url"].endswith(".ipa")
    assert sorted(b.platform for b in eas.builds.values()) == ["ANDROID", "IOS"]
    assert {b.message for b in eas.builds.values()} == {f"jobcast:{job.id}"}
    assert {s.profile for s in eas.submissions.values()} == {"internal"}
    assert {s.id for s in eas.submissions.values()} == {
        one["submission_id"] for one in built.values()
    }
    assert {row.state for row in await rows(resources, job)} == {"submitted"}
    said = await resources.records.output(ANNA, job.id)
    assert "Uploaded" in str(said)


async def test_cancelled_while_the_command_runs_it_leaves_no_process(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox, eas: Eas, word: str
) -> None:
    rude = eas_settings(settings, sandbox, "slow", "deaf", "family", "daemon", word=word)

    async with working(rude):
        job = await submit(resources, KIND, **WORKS)
        family = await until_alive(word, 2)
        of_them = sessions(family)
        await resources.queue.cancel(ANNA, job.id)
        found = await ended(resources, job)
        left = [in_session(ident) for ident in of_them], alive(word)

    assert found.state == "cancelled"
    assert left == ([[] for _ in of_them], [])
    assert eas.builds == {}
    assert [row.state for row in await rows(resources, job)] == ["cancelled"]


async def test_cancelled_while_the_service_builds_the_remote_build_is_cancelled(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox, eas: Eas, word: str
) -> None:
    eas.policy.held = True

    async with working(eas_settings(settings, sandbox, word=word)):
        job = await submit(resources, KIND, **WORKS)
        row = await building(resources, job)
        await resources.queue.cancel(ANNA, job.id)
        found = await ended(resources, job)
        left = alive(word)

    assert found.state == "cancelled"
    assert left == []
    assert [b.ended for b in eas.builds.values()] == ["CANCELED"]
    assert [(r.state, r.remote_id) for r in await rows(resources, job)] == [
        ("cancelled", row.remote_id)
    ]


async def test_a_deploy_gives_the_job_back_and_the_next_worker_goes_on_with_the_same_build(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox, eas: Eas, word: str
) -> None:
    eas.policy.held = True
    short = eas_settings(settings, sandbox, word=word, worker_grace_seconds=5.0)

    async with working(short):
        job = await submit(resources, KIND, **WORKS)
        row = await building(resources, job)
    given_back = await resources.records.get(ANNA, job.id)
    left = alive(word)
    eas.policy.held = False
    async with working(short):
        found = await ended(resources, job)

    assert given_back.state == "queued"
    assert left == []
    assert found.error is None
    assert [a.outcome for a in found.attempts] == ["released", "succeeded"]
    assert found.failures == 0
    assert [b.id for b in eas.builds.values()] == [row.remote_id]
    assert [b.ended for b in eas.builds.values()] == ["FINISHED"]
    assert len(eas.submissions) == 1


@pytest.mark.parametrize("how", ["garbage", "crash"])
async def test_a_build_that_was_begun_but_not_told_is_found_by_the_next_attempt(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox, eas: Eas, how: str
) -> None:
    async with working(eas_settings(settings, sandbox, how)):
        job = await resources.queue.submit(ANNA, Submission(KIND, WORKS))
        await until(resources, job, lambda found: found.state == "retrying")
        await hurry(resources, job)
        found = await ended(resources, job)

    assert found.error is None
    assert found.failures == 1
    assert len(eas.builds) == 1
    assert len(eas.submissions) == 1


async def test_a_submission_that_was_made_but_not_told_is_not_made_again(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox, eas: Eas
) -> None:
    async with working(eas_settings(settings, sandbox, "crash@submit")):
        job = await submit(resources, KIND, **WORKS)
        found = await ended(resources, job)

    assert found.error is None
    assert len(eas.submissions) == 1
    assert found.result["builds"][0]["submission_id"] == next(iter(eas.submissions))


async def test_an_attempt_past_its_time_is_told_as_that_however_long_its_command_takes_to_end(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox, eas: Eas, word: str
) -> None:
    """The heartbeat insists meanwhile, which is not to be taken for a cancellation."""
    rude = eas_settings(settings, sandbox, "slow", "deaf", word=word, eas_grace_seconds=3.0)

    async with working(rude):
        wanted = Submission(KIND, WORKS, timeout_seconds=1.0, max_attempts=1)
        job = await resources.queue.submit(ANNA, wanted)
        found = await ended(resources, job)
        left = alive(word)

    assert found.error is not None
    assert found.error.code == "timeout"
    assert [a.outcome for a in found.attempts] == ["timeout"]
    assert left == []


async def hurry(resources: Resources, job: JobResource) -> None:
    """Let a job that waits for its next attempt wait no longer."""
    await resources.db.fetch("UPDATE jobs SET run_at = now() WHERE id = $1", job.id)


async def test_a_remote_failure_is_final_and_told(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox, eas: Eas
) -> None:
    eas.policy.build_error = "Provisioning profile is expired"

    async with working(eas_settings(settings, sandbox)):
        job = await submit(resources, KIND, **WORKS)
        found = await ended(resources, job)

    assert found.state == "failed"
    assert found.error is not None
    assert found.error.code == "build_failed"
    assert found.error.message == "Android: Provisioning profile is expired"
    assert found.failures == 1
    assert eas.submissions == {}
    page = await resources.inbox.list(ANNA, InboxFilter())
    assert "build_failed" in [entry.name for entry in page.data]


async def test_a_retried_job_submits_the_build_it_has(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox, eas: Eas
) -> None:
    eas.policy.submission_error = "The version exists already"

    async with working(eas_settings(settings, sandbox)):
        job = await submit(resources, KIND, **WORKS)
        failed = await ended(resources, job)
        eas.policy.submission_error = ""
        await resources.queue.retry(ANNA, job.id)
        found = await ended(resources, job)

    assert failed.error is not None
    assert failed.error.code == "submission_failed"
    assert found.error is None
    assert len(eas.builds) == 1
    assert len(eas.submissions) == 2


async def test_an_uploaded_project_is_built_if_the_operator_allows_it(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox, eas: Eas
) -> None:
    upload = await uploaded(resources)

    async with working(eas_settings(settings, sandbox, eas_uploads=True)):
        job = await submit(resources, KIND, upload_id=upload, platform="ios")
        found = await ended(resources, job)

    assert found.error is None
    assert [b.project for b in eas.builds.values()] == ["garden"]


async def test_an_uploaded_project_is_not_built_otherwise(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox, eas: Eas
) -> None:
    upload = await uploaded(resources)

    async with working(eas_settings(settings, sandbox)):
        job = await submit(resources, KIND, upload_id=upload)
        found = await ended(resources, job)

    assert found.error is not None
    assert found.error.code == "uploads_not_allowed"
    assert eas.builds == {}


async def uploaded(resources: Resources) -> str:
    """Upload the sample project as a tar file with everything in one folder."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(GARDEN, arcname="garden-1.4.0")

    async def body() -> AsyncIterator[bytes]:
        yield packed.getvalue()

    kept = await resources.storage.receive("acme", "anna", "garden.tgz", "", body())
    return str(kept.id)


async def test_no_credential_is_in_anything_that_is_kept(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox, eas: Eas
) -> None:
    """The command prints its token, which shows as a mask."""
    async with working(eas_settings(settings, sandbox, "token")):
        job = await submit(resources, KIND, **WORKS)
        found = await ended(resources, job)

    output = str(await resources.records.output(ANNA, job.id))
    logs = str(await resources.records.logs(ANNA, job.id))
    kept = found.model_dump_json() + output + logs + str(await rows(resources, job))
    assert "Using the token ***" in output
    assert TOKEN not in kept
