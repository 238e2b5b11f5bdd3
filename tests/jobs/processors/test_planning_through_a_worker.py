"""Kinds ``onboarding_analysis`` and ``phase_generation`` through a real worker, one after the other."""

from jobs.inbox import InboxFilter
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.store.phases import PhaseFilter
from jobs.store.tasks import TaskFilter
from realtime.channels import Channel
from service.dev.sandbox import Sandbox
from tests.jobs.conftest import ANNA, BERT, ended, submit, working
from tests.jobs.processors.test_content_through_a_worker import with_model
from tests.jobs.providers.language import model_of

ANSWERS = [{"question": "What is your goal?", "answer": "A garden"}]


async def test_from_answers_to_a_project_with_phases(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox
) -> None:
    model_of(sandbox, "invalid_json")

    async with working(with_model(settings, sandbox)):
        first = await submit(resources, "onboarding_analysis", answers=ANSWERS, accept=True)
        profile = await ended(resources, first)
        project = profile.result["suggestions"][0]["id"]
        second = await submit(resources, "phase_generation", project_id=project, strategy="weekly")
        plan = await ended(resources, second)

    assert (profile.error, plan.error) == (None, None)
    assert (await resources.profiles.get(ANNA)).job_id == first.id
    phases = (await resources.phases.list(ANNA, PhaseFilter(), None, 50)).data
    tasks = (await resources.tasks.list(ANNA, TaskFilter(), None, 50)).data
    inbox = await resources.inbox.list(ANNA, InboxFilter())
    channel = Channel.job(second.id)
    memory = (await resources.ephemeral.read([channel]))[channel]
    assert [str(phase.id) for phase in phases] == [made["id"] for made in plan.result["phases"]]
    assert {str(phase.project_id) for phase in phases} == {project}
    assert len(tasks) == plan.result["tasks"] + 3
    assert [entry.name for entry in inbox.data] == ["phases_completed", "onboarding_completed"]
    assert memory.text.startswith("## Understand")
    assert (await resources.phases.list(BERT, PhaseFilter(), None, 50)).data == []


async def test_a_final_failure_is_told_under_the_kinds_own_name(
    resources: Resources, settings: JobsSettings
) -> None:
    async with working(settings):
        job = await submit(resources, "onboarding_analysis", answers=ANSWERS)
        found = await ended(resources, job)

    inbox = await resources.inbox.list(ANNA, InboxFilter())
    assert found.error is not None
    assert [entry.name for entry in inbox.data] == ["onboarding_failed"]
    assert inbox.data[0].data["code"] == found.error.code == "not_configured"
