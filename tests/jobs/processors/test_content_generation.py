"""Kind ``content_generation`` on the bench: the sandbox's model by the real SDK, a real database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.errors import InvalidArgs
from jobs.kept.contents import ContentRow, find_content
from jobs.kept.pages import PageRow, keep_page
from jobs.processors.content_generation import content_generation
from jobs.providers.llm import Llm
from jobs.testing import Bench, Job, sessions
from jobs.testing.absent import Sessions
from service.dev.sandbox import Sandbox
from tests.jobs.providers.language import model_of, open_llm

BRIEF = {
    "topic": "The Tidewater Garden opens",
    "audience": "families",
    "goal": "come by",
    "key_points": ["four acres by the sea", "seaweed made the soil"],
}
SOIL = "https://garden.example/soil.html"
GONE = "https://garden.example/gone.html"


@dataclass
class Desk:
    """A bench with a model and a database, and a look at what was kept."""

    llm: Llm
    db: Sessions
    owner: tuple[str, str] = ("acme", "anna")

    def bench(self) -> Bench:
        return Bench(
            [content_generation], providers={"llm": self.llm}, db=self.db, owner=self.owner
        )

    async def write(self, **args: Any) -> Job:
        bench = self.bench()
        job = bench.submit(content_generation, {"brief": BRIEF, **args})
        await bench.run()
        return job

    async def kept(self, job: Job) -> ContentRow | None:
        async with self.db() as session:
            return await find_content(session, *self.owner, job.id)

    async def keep_page(self, url: str, text: str, user: str = "anna") -> None:
        now = datetime.now(UTC)
        page = PageRow(
            "acme", user, url, "Soil", "en", text, len(text), "hash", "", "", [], now, now
        )
        async with self.db() as session:
            await keep_page(session, page)


@pytest.fixture
async def desk(sandbox: Sandbox, database_url: str) -> AsyncIterator[Desk]:
    model_of(sandbox)
    async with open_llm(sandbox) as llm:
        yield Desk(llm, sessions(database_url))


def messages(job: Job) -> list[str]:
    return [line.message for line in job.logs]


async def test_a_brief_becomes_a_draft_that_is_kept(desk: Desk) -> None:
    job = await desk.write(channels=["mastodon", "newsletter"], brand_voice="warm")

    assert job.error is None
    result, kept = job.result, await desk.kept(job)
    assert kept is not None
    assert result.content_id == job.id == kept.id == kept.job_id
    assert (kept.status, kept.version, kept.model) == ("draft", 1, "sandbox-writer")
    assert result.title == kept.title == "The Tidewater Garden opens"
    assert "Seaweed made the soil." in result.body == kept.body
    assert list(result.variants) == ["mastodon", "newsletter"]
    assert len(result.variants["mastodon"]) <= 500
    assert kept.brief == BRIEF
    assert result.usage.rounds == kept.rounds == 1
    assert (kept.tokens_in, kept.tokens_out) == (result.usage.tokens_in, result.usage.tokens_out)
    assert float(kept.cost_usd or 0) == result.usage.cost_usd > 0


async def test_the_draft_is_read_while_it_is_written(desk: Desk) -> None:
    job = await desk.write(channels=["mastodon"])

    assert job.output.startswith("# The Tidewater Garden opens\n\n")
    assert job.output.endswith(f"## mastodon\n\n{job.result.variants['mastodon']}")
    assert "{" not in job.output
    fractions = [progress.fraction for progress in job.progress]
    assert fractions == sorted(fractions)
    assert len(fractions) > 10
    assert "Writing the body" in [progress.message for progress in job.progress]


async def test_its_owner_is_told_once(desk: Desk) -> None:
    job = await desk.write()

    told = [(notice.name, notice.data) for notice in job.notifications]
    data = {"content_id": str(job.id), "title": job.result.title, "channels": ["mastodon"]}
    assert told == [("content_generated", data)]


async def test_it_draws_on_pages_that_were_read_before_and_names_the_others(
    desk: Desk, sandbox: Sandbox
) -> None:
    await desk.keep_page(SOIL, "The gardeners carried seaweed up the hill for thirty years.")

    job = await desk.write(context_urls=[SOIL, GONE, SOIL])

    kept = await desk.kept(job)
    assert kept is not None
    assert "carried seaweed up the hill" in job.result.body
    assert job.result.sources == kept.sources == [SOIL]
    assert job.result.missing_urls == [GONE]
    assert [line for line in messages(job) if GONE in line]
    assert "carried seaweed" in sandbox.calls("llm")[0]["body"]["messages"][1]["content"]


async def test_somebody_elses_pages_are_not_there(desk: Desk, sandbox: Sandbox) -> None:
    await desk.keep_page(SOIL, "The secret of the neighbours is buried deep.", user="bert")

    job = await desk.write(context_urls=[SOIL])

    assert job.result.missing_urls == [SOIL]
    assert "secret" not in str(sandbox.calls("llm"))


async def test_an_answer_that_does_not_fit_is_asked_for_once_more(
    desk: Desk, sandbox: Sandbox
) -> None:
    model_of(sandbox, "invalid_json")

    job = await desk.write()

    assert job.state == "succeeded"
    assert (job.failures, job.result.usage.rounds) == (0, 2)
    assert job.output.count("# The Tidewater Garden opens") == 2
    assert [line for line in messages(job) if "asked for once more" in line]


async def test_two_answers_that_do_not_fit_end_it_and_their_cost_is_told(
    desk: Desk, sandbox: Sandbox
) -> None:
    model_of(sandbox, "unfit", "unfit")

    job = await desk.write()

    assert job.error is not None
    assert (job.state, job.error.code, job.failures) == ("failed", "bad_answer", 1)
    assert await desk.kept(job) is None
    assert job.notifications == []
    spent = next(line for line in job.logs if line.message.startswith("Spent "))
    assert spent.fields["rounds"] == 2
    assert spent.fields["cost_usd"] > 0
    assert job.checkpoint["usage"]["rounds"] == 2


async def test_a_failed_job_that_is_retried_by_hand_asks_afresh_and_counts_on(
    desk: Desk, sandbox: Sandbox
) -> None:
    model_of(sandbox, "unfit", "unfit")
    bench = desk.bench()
    job = bench.submit(content_generation, {"brief": BRIEF})
    await bench.run()

    bench.retry(job)
    await bench.run()

    calls = [len(call["body"]["messages"]) for call in sandbox.calls("llm")]
    assert job.state == "succeeded"
    assert calls == [2, 4, 2]
    assert job.result.usage.rounds == 3


async def test_trouble_is_waited_out_by_the_steps(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.switch("llm", status=503, times=2)

    job = await desk.write()

    waits = [
        (later.started_at - earlier.ended_at).total_seconds()
        for earlier, later in zip(job.attempts, job.attempts[1:], strict=False)
        if earlier.ended_at
    ]
    assert job.state == "succeeded"
    assert waits == [pytest.approx(60, rel=0.11), pytest.approx(300, rel=0.11)]


async def test_trouble_three_times_ends_it(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.switch("llm", status=500)

    job = await desk.write()

    assert (job.state, job.failures) == ("failed", 3)


async def test_the_servers_own_time_is_kept(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.switch("llm", status=429, retry_after=37, times=1)

    job = await desk.write()

    first, second = job.attempts
    assert first.ended_at is not None
    assert second.started_at - first.ended_at == timedelta(seconds=37)


@pytest.mark.parametrize(
    ("mishap", "code"), [("no_credit", "insufficient_quota"), ("decline", "declined")]
)
async def test_what_another_attempt_cannot_change_ends_it_at_once(
    desk: Desk, sandbox: Sandbox, mishap: str, code: str
) -> None:
    model_of(sandbox, mishap)

    job = await desk.write()

    assert job.error is not None
    assert (job.error.code, job.failures) == (code, 1)


async def test_what_a_broken_stream_has_cost_counts(desk: Desk, sandbox: Sandbox) -> None:
    model_of(sandbox, "cut_stream")

    job = await desk.write()

    kept = await desk.kept(job)
    assert kept is not None
    assert (job.failures, job.result.usage.rounds, kept.rounds) == (1, 2, 2)
    assert job.result.usage.estimated
    assert kept.estimated
    assert [line for line in messages(job) if line.startswith("Spent about ")]


async def test_an_answer_that_was_paid_for_is_only_corrected_by_the_next_attempt(
    desk: Desk, sandbox: Sandbox
) -> None:
    model_of(sandbox, "unfit", "cut_stream")

    job = await desk.write()

    calls = [len(call["body"]["messages"]) for call in sandbox.calls("llm")]
    assert job.state == "succeeded"
    assert calls == [2, 4, 4]
    assert job.result.usage.rounds == 3


async def test_a_second_run_finds_the_draft_and_pays_nothing(desk: Desk, sandbox: Sandbox) -> None:
    bench = desk.bench()
    job = bench.submit(content_generation, {"brief": BRIEF})
    await bench.until(lambda: any(line.startswith("Spent ") for line in messages(job)))

    bench.crash(job)
    await bench.run()

    assert [attempt.outcome for attempt in job.attempts] == ["lost", "succeeded"]
    assert len(sandbox.calls("llm")) == 1
    assert job.result.usage.rounds == 1
    assert len(job.notifications) == 1


async def test_stopping_it_ends_the_stream_and_tells_what_it_has_cost(
    desk: Desk, sandbox: Sandbox
) -> None:
    peer = model_of(sandbox, "stall")
    bench = desk.bench()
    job = bench.submit(content_generation, {"brief": BRIEF})
    await bench.until(lambda: bool(job.progress and job.progress[-1].message.startswith("Writing")))

    bench.cancel(job)
    await bench.run()

    assert job.state == "cancelled"
    assert await asyncio.to_thread(peer.left.wait, 10)
    assert [line for line in messages(job) if line.startswith("Spent about ")]
    assert await desk.kept(job) is None


@pytest.mark.parametrize("missing", ["llm_base_url", "llm_api_key", "llm_model"])
async def test_without_a_model_it_fails_at_once_with_the_variables_name(
    sandbox: Sandbox, database_url: str, missing: str
) -> None:
    async with open_llm(sandbox, **{missing: ""}) as llm:
        job = await Desk(llm, sessions(database_url)).write()

    assert job.error is not None
    assert (job.error.code, job.failures) == ("not_configured", 1)
    assert missing.upper() in job.error.message


async def test_nothing_is_asked_when_the_draft_could_not_be_kept(
    desk: Desk, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(content_generation.process.__globals__, "MOST_CONTENTS", 1)
    await desk.write()

    job = await desk.write()

    assert job.error is not None
    assert job.error.code == "too_many_contents"
    assert len(sandbox.calls("llm")) == 1


async def test_the_key_is_nowhere_in_what_is_kept_and_told(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.switch("llm", status=401)

    job = await desk.write()

    assert job.error is not None
    assert job.error.code == "unauthorized"
    told = [repr(job.row), *map(repr, job.logs), *(repr(event.body) for event in job.events)]
    assert "sandbox-key" not in "".join(told)


@pytest.mark.parametrize(
    "args",
    [
        {"brief": {}}, {"brief": {"topic": ""}}, {"brief": {"topic": "x", "mood": "y"}},
        {"channels": []}, {"channels": ["pigeon"]}, {"language": "english please"},
        {"context_urls": ["x"]}, {"context_urls": [SOIL] * 11}, {"brand_voice": "x" * 2_001},
        {"api_key": "sk-1"}, {"brief": {"topic": "x", "key_points": [""]}},
    ],
)  # fmt: skip
def test_args_that_make_no_sense_are_refused(args: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgs):
        content_generation.parse({"brief": BRIEF, **args})


def test_the_example_in_the_schema_fits() -> None:
    schema = content_generation.args.model_json_schema()

    assert content_generation.parse(schema["examples"][0]) is not None
    assert all(
        "description" in field for field in schema["properties"].values() if "$ref" not in field
    )


def test_its_limits_are_as_promised() -> None:
    assert content_generation.timeout == timedelta(minutes=5)
    assert content_generation.max_attempts == 3
    minutes = [content_generation.backoff(n).total_seconds() / 60 for n in (1, 2, 3)]
    assert minutes == [pytest.approx(wait, rel=0.11) for wait in (1, 5, 15)]
