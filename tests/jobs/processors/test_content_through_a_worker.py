"""Kind ``content_generation`` through a real worker: submitted, streamed, settled and kept in Postgres."""

from pydantic import SecretStr

from jobs.contents.resource import ContentFilter
from jobs.inbox import InboxFilter
from jobs.resources import Resources
from jobs.settings import JobsSettings
from realtime.channels import Channel
from service.dev.sandbox import Sandbox
from tests.jobs.conftest import ANNA, BERT, ended, submit, working
from tests.jobs.providers.language import llm_settings, model_of

BRIEF = {"topic": "The Tidewater Garden opens", "key_points": ["four acres by the sea"]}


def with_model(settings: JobsSettings, sandbox: Sandbox) -> JobsSettings:
    values = llm_settings(sandbox)
    return settings.model_copy(
        update={**values, "llm_api_key": SecretStr(str(values["llm_api_key"]))}
    )


async def test_a_draft_is_written_streamed_told_and_kept(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox
) -> None:
    model_of(sandbox, "invalid_json")

    async with working(with_model(settings, sandbox)):
        job = await submit(resources, "content_generation", brief=BRIEF, channels=["mastodon"])
        found = await ended(resources, job)

    assert found.error is None
    kept = await resources.contents.get(ANNA, job.id)
    listed = await resources.contents.list(ANNA, ContentFilter())
    inbox = await resources.inbox.list(ANNA, InboxFilter())
    channel = Channel.job(job.id)
    memory = (await resources.ephemeral.read([channel]))[channel]
    assert found.result["content_id"] == str(kept.id)
    assert found.result["usage"]["rounds"] == kept.rounds == 2
    assert kept.body == found.result["body"]
    assert [content.id for content in listed.data] == [kept.id]
    assert [entry.name for entry in inbox.data] == ["content_generated"]
    assert memory.text.count("# The Tidewater Garden opens\n\n") == 2
    assert (await resources.contents.list(BERT, ContentFilter())).data == []


async def test_without_a_model_it_fails_with_the_variables_name(
    resources: Resources, settings: JobsSettings
) -> None:
    async with working(settings):
        job = await submit(resources, "content_generation", brief=BRIEF)
        found = await ended(resources, job)

    inbox = await resources.inbox.list(ANNA, InboxFilter())
    assert [(entry.name, entry.job_id) for entry in inbox.data] == [("job.failed", job.id)]
    assert found.error is not None
    assert found.error.code == "not_configured"
    assert "LLM_BASE_URL" in found.error.message
