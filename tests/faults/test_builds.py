"""A worker that is killed in the middle of an app's build: what it ran is gone, another one goes on."""

import signal
from uuid import uuid4

import pytest

from jobs.kept.builds import BuildRow, builds_of_job
from jobs.resources import open_resources
from service.dev.child import becomes_true
from service.dev.sandbox import Sandbox
from service.dev.sandbox.eas import Eas
from tests.faults.site import Site
from tests.jobs.providers.eas import eas_settings, service_of
from tests.jobs.providers.families import alive, in_session, sessions, until_alive, until_gone

NAMES = (
    "eas_command",
    "eas_projects",
    "eas_poll_seconds",
    "eas_grace_seconds",
    "web_allow_private",
)
WORKS = {"project": "garden", "platform": "ios", "submit": True}


@pytest.fixture
def eas(sandbox: Sandbox) -> Eas:
    return service_of(sandbox)


def chosen(up: Site, sandbox: Sandbox, *misbehave: str, word: str = "") -> dict[str, str]:
    """Return what a worker is to be told so that it builds at the sandbox."""
    told = eas_settings(up.settings(), sandbox, *misbehave, word=word)
    names = {name: str(getattr(told, name)) for name in NAMES}
    return {**names, "expo_token": told.expo_token.get_secret_value()}


async def rows(up: Site) -> list[BuildRow]:
    async with open_resources(up.settings()) as here, here.db.session() as session:
        user = up.customers[0].user
        (job,) = await here.db.fetch("SELECT id FROM jobs")
        return list(await builds_of_job(session, user, user, job["id"]))


async def test_killed_while_the_service_builds_another_worker_goes_on_with_that_build(
    up: Site, sandbox: Sandbox, eas: Eas
) -> None:
    up.chosen |= {"lease_seconds": "2", **chosen(up, sandbox)}
    eas.policy.held = True
    await up.web_here()
    customer, watcher = await up.visitors()
    victim = await up.worker()
    job = await customer.submit("build_publishing", **WORKS)

    async def under_way() -> bool:
        return bool(eas.builds) and bool(sandbox.calls("eas", f"/builds/{next(iter(eas.builds))}"))

    await becomes_true(under_way, 30)
    victim.signal(signal.SIGKILL)
    await victim.ends()
    eas.policy.held = False
    await up.worker_here()
    await watcher.sees(job, "job.succeeded", 30)

    (row,) = await rows(up)
    assert [(b.id, b.ended) for b in eas.builds.values()] == [(row.remote_id, "FINISHED")]
    assert [s.id for s in eas.submissions.values()] == [row.submission_id]
    assert (row.state, row.attempt) == ("submitted", 2)


async def test_killed_while_the_command_runs_its_family_goes_too_and_one_build_is_made(
    up: Site, sandbox: Sandbox, eas: Eas
) -> None:
    word = f"family-{uuid4()}"
    rude = chosen(up, sandbox, "slow", "deaf", "family", "daemon", word=word)
    up.chosen |= {"lease_seconds": "2", **rude}
    await up.web_here()
    customer, watcher = await up.visitors()
    victim = await up.worker()
    job = await customer.submit("build_publishing", **WORKS)
    of_them = sessions(await until_alive(word, 2))

    victim.signal(signal.SIGKILL)
    await until_gone(word)
    left = [in_session(ident) for ident in of_them]
    await up.worker_here(**chosen(up, sandbox))
    await watcher.sees(job, "job.succeeded", 30)

    assert left == [[] for _ in of_them]
    assert len(eas.builds) == 1
    assert len(eas.submissions) == 1


async def test_stopped_while_the_command_runs_nothing_of_its_family_is_left(
    up: Site, sandbox: Sandbox, eas: Eas
) -> None:
    word = f"family-{uuid4()}"
    up.chosen |= chosen(up, sandbox, "slow", "deaf", "family", "daemon", word=word)
    await up.web_here()
    customer, watcher = await up.visitors()
    worker = await up.worker()
    job = await customer.submit("build_publishing", **WORKS)
    of_them = sessions(await until_alive(word, 2))

    await customer.client.delete(f"/api/jobs/{job}")
    await watcher.sees(job, "job.cancelled", 30)
    left = [in_session(ident) for ident in of_them], alive(word)

    assert left == ([[] for _ in of_them], [])
    assert worker.running
    assert eas.builds == {}


async def test_a_deploy_while_the_command_runs_takes_its_family_along(
    up: Site, sandbox: Sandbox, eas: Eas
) -> None:
    word = f"family-{uuid4()}"
    rude = chosen(up, sandbox, "slow", "deaf", "family", "daemon", word=word)
    up.chosen |= {"worker_grace_seconds": "6", **rude}
    await up.web_here()
    customer, watcher = await up.visitors()
    old = await up.worker()
    job = await customer.submit("build_publishing", **WORKS)
    await until_alive(word, 2)

    old.signal(signal.SIGTERM)
    code = await old.ends()
    left = alive(word)
    await up.worker_here(**chosen(up, sandbox))
    await watcher.sees(job, "job.succeeded", 30)

    assert (code, left) == (0, [])
    assert len(eas.builds) == 1
    assert len(eas.submissions) == 1
    (row,) = await rows(up)
    assert (row.state, row.attempt) == ("submitted", 2)
