"""Kind ``daily_brief`` on the bench: a real database, the sandbox's model by the real SDK, mail played."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from jobs import Context, Kind, processor
from jobs.briefing.template import day_name
from jobs.briefs import Briefs
from jobs.db import Database, open_database
from jobs.errors import InvalidArgs
from jobs.ids import uuid7
from jobs.kept.briefs import BriefRow, find_brief
from jobs.kept.projects import NewProject, keep_project
from jobs.kept.tasks import NewTask, keep_tasks
from jobs.processors.daily_brief import daily_brief
from jobs.providers.llm import Llm
from jobs.settings import JobsSettings
from jobs.testing import Bench, Job, sessions
from jobs.testing.absent import Sessions
from realtime.caller import Caller
from service.dev.sandbox import Sandbox
from tests.jobs.briefing.readers import add_readers, verify_email
from tests.jobs.providers.language import model_of, open_llm

MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
TODAY = MIDNIGHT.date()
"""Said to every job: a test may run over midnight."""
ANNA = Caller("anna", "acme", frozenset({"jobs:read", "jobs:write"}))
CALENDAR = """
WITH connection AS (
  INSERT INTO connections (id, org_id, user_id, provider, name, credentials)
  VALUES ($3, 'acme', $2, 'google', 'Ours', 'sealed') RETURNING id
), calendar AS (
  INSERT INTO calendars (id, org_id, user_id, connection_id, remote_id, name, timezone)
  SELECT $1, 'acme', $2, id, 'c', 'Work', 'UTC' FROM connection RETURNING id
)
INSERT INTO calendar_events (id, calendar_id, remote_id, title, starts_at, ends_at)
SELECT $1, id, 'e', $4, $5::timestamptz, $5::timestamptz + interval '1 hour' FROM calendar
"""


class Letter(BaseModel):
    """What the mail is given."""

    subject: str
    text: str
    brief_id: str
    list: str


@processor("email_delivery", notify=True, failed_as="email_failed")
async def posted(context: Context, args: Letter) -> None:
    """Stand in for the mail."""
    if "unlucky" in args.text:
        raise ValueError("no such mailbox")
    await context.notify("brief_email_sent", {"brief_id": args.brief_id})


@dataclass
class Morning:
    """A bench with a database and perhaps a model, and a look at what was kept."""

    db: Database
    sessions: Sessions
    llm: Llm
    kinds: tuple[Kind, ...] = (daily_brief, posted)

    def bench(self, user: str = "anna") -> Bench:
        return Bench(
            self.kinds,
            providers={"llm": self.llm},
            db=self.sessions,
            owner=("acme", user),
            now=datetime.now(UTC),
        )

    async def brief(self, **args: Any) -> Job:
        bench = self.bench()
        job = bench.submit(daily_brief, {"day": str(TODAY), **args})
        await bench.run()
        return job

    async def kept(self) -> BriefRow | None:
        async with self.sessions() as session:
            return await find_brief(session, "acme", "anna", TODAY)

    async def add_task(self, title: str, user: str = "anna", **said: Any) -> None:
        async with self.sessions() as session:
            await keep_tasks(session, [NewTask(uuid7(), "acme", user, title, **said)])

    async def add_event(self, title: str, at: datetime, user: str = "anna") -> None:
        await self.db.fetch(CALENDAR, uuid7(), user, uuid7(), title, at)


@pytest.fixture
async def db(settings: JobsSettings) -> AsyncIterator[Database]:
    async with open_database(settings) as opened:
        yield opened


@pytest.fixture
async def morning(db: Database, database_url: str, sandbox: Sandbox) -> AsyncIterator[Morning]:
    """Without a model."""
    async with open_llm(sandbox, llm_model="") as llm:
        yield Morning(db, sessions(database_url), llm)


@pytest.fixture
async def worded(db: Database, database_url: str, sandbox: Sandbox) -> AsyncIterator[Morning]:
    """With a model, and one task to be told of."""
    model_of(sandbox)
    async with open_llm(sandbox) as llm:
        found = Morning(db, sessions(database_url), llm)
        await found.add_task("Water the beds", due_on=TODAY)
        yield found


def told(job: Job) -> list[tuple[str, dict[str, Any]]]:
    return [(notice.name, dict(notice.data)) for notice in job.notifications]


async def test_a_day_is_told_from_tasks_projects_and_calendars(morning: Morning) -> None:
    garden = NewProject(uuid7(), "acme", "anna", "Garden")
    paused = NewProject(uuid7(), "acme", "anna", "Attic", status="paused")
    async with morning.sessions() as session:
        await keep_project(session, garden)
        await keep_project(session, paused)
    await morning.add_task("Water the beds", due_on=TODAY, project_id=garden.id)
    await morning.add_task("Clear the attic", due_on=TODAY, project_id=paused.id)
    await morning.add_task("Not mine", due_on=TODAY, user="bert")
    await morning.add_event("Stand-up", MIDNIGHT)
    await morning.add_event("Not mine", MIDNIGHT, user="bert")

    job = await morning.brief()

    assert job.error is None
    assert job.result.title == f"{day_name(TODAY)}: 1 event, 1 task due"
    body = job.result.body
    assert "- **00:00–01:00** Stand-up\n" in body
    assert "## Due today\n\n- Water the beds · *Garden*\n" in body
    assert "- **Garden** · 1 open task\n" in body
    assert "attic" not in body.lower()
    assert "Not mine" not in body
    assert (job.result.tasks, job.result.events, job.result.model) == (1, 1, "")
    assert job.output == f"# {job.result.title}\n\n{body}"


async def test_it_is_kept_under_its_jobs_id_and_told_once(morning: Morning) -> None:
    job = await morning.brief()

    kept = await morning.kept()
    assert kept is not None
    assert kept.id == job.id == job.result.brief_id
    assert (kept.title, kept.body, kept.day) == (job.result.title, job.result.body, TODAY)
    data = {
        "brief_id": str(job.id),
        "day": str(TODAY),
        "title": kept.title,
        "tasks": 0,
        "events": 0,
    }
    assert told(job) == [("brief_completed", data)]
    assert job.result.email_job_id is None


async def test_a_day_that_has_its_brief_gets_no_other(morning: Morning, db: Database) -> None:
    await add_readers(db, [("anna", "UTC", 7)])
    await verify_email(db)
    first = await morning.brief()
    await morning.add_task("New", due_on=TODAY)

    second = await morning.brief()

    assert second.result.already
    assert second.result.brief_id == first.id
    assert second.result.body == first.result.body
    assert (told(second), second.result.email_job_id) == ([], None)


async def test_a_lost_attempt_that_had_kept_it_is_gone_on_from(
    worded: Morning, db: Database, sandbox: Sandbox
) -> None:
    await add_readers(db, [("anna", "UTC", 7)])
    await verify_email(db)
    bench = worded.bench()
    job = bench.submit(daily_brief, {"day": str(TODAY)})
    await bench.until(lambda: len(bench.jobs) == 2)

    bench.crash(job)
    await db.fetch("UPDATE preferences SET brief_email = false")
    await bench.run()

    assert [attempt.outcome for attempt in job.attempts] == ["lost", "succeeded"]
    assert len(bench.jobs) == 2
    assert len(sandbox.calls("llm")) == 1
    assert [name for name, _ in told(job)] == ["brief_completed"]
    assert job.result.email_job_id == bench.jobs[1].id
    assert not job.result.already


async def test_a_verified_reader_gets_it_by_email_as_a_child(
    morning: Morning, db: Database
) -> None:
    await add_readers(db, [("anna", "UTC", 7)])
    await verify_email(db)
    bench = morning.bench()
    job = bench.submit(daily_brief, {"day": str(TODAY)})
    await bench.run()

    [_, child] = bench.jobs
    letter = {"subject": job.result.title, "text": job.result.body}
    assert (child.row.kind, child.row.parent_id) == ("email_delivery", job.id)
    assert child.row.args == {**letter, "brief_id": str(job.id), "list": "brief"}
    assert told(job)[0][1]["told_by"] == ["email"]
    assert told(child) == [("brief_email_sent", {"brief_id": str(job.id)})]
    kept = await morning.kept()
    assert kept is not None
    assert kept.by_email


async def test_a_mail_that_fails_is_told_and_the_brief_is_there(
    morning: Morning, db: Database
) -> None:
    await add_readers(db, [("anna", "UTC", 7)])
    await verify_email(db)
    await morning.add_task("unlucky", due_on=TODAY)
    bench = morning.bench()
    job = bench.submit(daily_brief, {"day": str(TODAY)})
    await bench.run()

    child = bench.jobs[1]
    assert (job.state, child.state) == ("succeeded", "failed")
    assert [name for name, _ in told(child)] == ["email_failed"]


@pytest.mark.parametrize("lacking", ["brief_email = false", "email_verified_at = NULL"])
async def test_without_wish_or_verified_address_nothing_is_mailed(
    morning: Morning, db: Database, lacking: str
) -> None:
    await add_readers(db, [("anna", "UTC", 7)])
    await verify_email(db)
    await db.fetch(f"UPDATE preferences SET {lacking}")  # noqa: S608 - our own words
    bench = morning.bench()
    job = bench.submit(daily_brief, {"day": str(TODAY)})
    await bench.run()

    assert len(bench.jobs) == 1
    assert "told_by" not in told(job)[0][1]


async def test_today_is_by_the_readers_clock(morning: Morning, db: Database) -> None:
    zones = {"anna": "Pacific/Kiritimati", "bert": "Pacific/Pago_Pago"}
    await add_readers(db, [(user, name, 7) for user, name in zones.items()])
    days = []
    for user in zones:
        bench = morning.bench(user)
        job = bench.submit(daily_brief, {})
        await bench.run()
        days.append(job.result.day)

    assert (days[0] - days[1]).days in {1, 2}  # 25 hours apart


@pytest.mark.parametrize(
    ("days", "ends"), [(6, "succeeded"), (-6, "succeeded"), (9, "failed"), (-9, "failed")]
)
async def test_a_day_that_is_too_far_away_is_refused(
    morning: Morning, days: int, ends: str
) -> None:
    wanted = TODAY + timedelta(days=days)

    job = await morning.brief(day=str(wanted))

    assert (job.state, job.failures) == (ends, 1 if ends == "failed" else 0)
    if job.error is not None:
        assert job.error.code == "day_out_of_range"
        [(name, data)] = told(job)
        assert (name, data["code"]) == ("brief_failed", "day_out_of_range")


async def test_a_model_words_it_and_the_facts_stay(worded: Morning) -> None:
    job = await worded.brief()

    kept = await worded.kept()
    assert kept is not None
    assert job.result.title == f"Your {TODAY:%A}: 1 thing to do"
    assert "## Focus\n\n- Begin with Water the beds.\n" in job.result.body
    assert "## Due today\n\n- Water the beds\n" in job.result.body
    assert (kept.model, kept.usage["rounds"]) == ("sandbox-writer", 1)
    assert job.result.usage.rounds == 1
    assert job.result.usage.cost_usd > 0


@pytest.mark.parametrize(
    ("mishaps", "code", "asked"),
    [
        (["no_credit"], "insufficient_quota", 1),
        (["decline"], "declined", 1),
        (["unfit", "unfit"], "bad_answer", 2),
    ],
    ids=["no_credit", "decline", "unfit"],
)
async def test_a_model_that_fails_for_good_is_done_without(
    worded: Morning, sandbox: Sandbox, mishaps: list[str], code: str, asked: int
) -> None:
    model_of(sandbox, *mishaps)

    job = await worded.brief()

    kept = await worded.kept()
    assert kept is not None
    assert (job.state, job.failures, job.result.model) == ("succeeded", 0, "")
    assert job.result.title == f"{day_name(TODAY)}: 1 task due"
    assert len(sandbox.calls("llm")) == asked
    assert code in [line.fields.get("code") for line in job.logs]
    assert kept.usage["rounds"] == (0 if code == "insufficient_quota" else asked)


async def test_an_answer_that_does_not_fit_is_corrected(worded: Morning, sandbox: Sandbox) -> None:
    model_of(sandbox, "invalid_json")

    job = await worded.brief()

    assert (job.result.model, job.result.usage.rounds, job.failures) == ("sandbox-writer", 2, 0)


async def test_trouble_is_waited_for_once(worded: Morning, sandbox: Sandbox) -> None:
    sandbox.switch("llm", status=503, times=1)

    job = await worded.brief()

    assert (job.state, job.failures, job.result.model) == ("succeeded", 1, "sandbox-writer")
    first, second = job.attempts
    assert first.ended_at is not None
    waited = (second.started_at - first.ended_at).total_seconds()
    assert waited == pytest.approx(30, rel=0.11)


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 429, "retry_after": 60}], ids=str)
async def test_trouble_that_lasts_is_done_without(
    worded: Morning, sandbox: Sandbox, fault: dict[str, Any]
) -> None:
    sandbox.switch("llm", **fault)

    job = await worded.brief()

    assert (job.state, job.failures, job.result.model) == ("succeeded", 1, "")
    assert len(sandbox.calls("llm")) == 2


async def test_what_may_be_the_last_attempt_is_not_risked_for_words(
    worded: Morning, sandbox: Sandbox
) -> None:
    model_of(sandbox, "stall", "stall")
    bench = worded.bench()
    job = bench.submit(daily_brief, {"day": str(TODAY)})
    for lost in (1, 2):
        await bench.until(lambda lost=lost: len(sandbox.calls("llm")) == lost)  # type: ignore[misc]
        bench.crash(job)
    sandbox.switch("llm", status=503)

    await bench.run()

    assert [attempt.outcome for attempt in job.attempts] == ["lost", "lost", "succeeded"]
    assert (job.failures, job.result.model) == (0, "")


async def test_a_model_that_asks_for_an_hour_is_not_waited_for(
    worded: Morning, sandbox: Sandbox
) -> None:
    sandbox.switch("llm", status=429, retry_after=3_600)

    job = await worded.brief()

    assert (job.state, job.failures, job.result.model) == ("succeeded", 0, "")


async def test_what_was_paid_for_is_only_corrected_by_the_next_attempt(
    worded: Morning, sandbox: Sandbox
) -> None:
    model_of(sandbox, "unfit", "cut_stream")

    job = await worded.brief()

    calls = [len(call["body"]["messages"]) for call in sandbox.calls("llm")]
    assert calls == [2, 4, 4]
    assert (job.result.model, job.result.usage.rounds) == ("sandbox-writer", 3)
    assert job.result.usage.estimated


async def test_a_model_that_hangs_is_given_up_in_time(worded: Morning, sandbox: Sandbox) -> None:
    model_of(sandbox, "stall")
    async with open_llm(sandbox, llm_timeout_seconds=600) as patient:
        job = await replace(worded, llm=patient).brief()

    first = job.attempts[0]
    assert first.error is not None
    assert first.ended_at is not None
    assert "too long" in first.error.message
    assert first.ended_at - first.started_at < timedelta(minutes=2)
    assert (job.state, job.failures, job.result.model) == ("succeeded", 1, "sandbox-writer")


async def test_a_brief_that_is_stopped_tells_what_it_has_spent(
    worded: Morning, sandbox: Sandbox
) -> None:
    model_of(sandbox, "stall")
    bench = worded.bench()
    job = bench.submit(daily_brief, {"day": str(TODAY)})
    await bench.until(lambda: bool(sandbox.calls("llm")))

    bench.cancel(job)
    await bench.run()

    assert job.state == "cancelled"
    assert job.checkpoint["usage"]["rounds"] in {0, 1}
    assert await worded.kept() is None


async def test_the_key_is_nowhere(worded: Morning, sandbox: Sandbox) -> None:
    sandbox.switch("llm", status=401)

    job = await worded.brief()

    assert job.state == "succeeded"
    seen = [repr(job.row), *map(repr, job.logs), *(repr(event.body) for event in job.events)]
    assert "sandbox-key" not in "".join(seen)


async def test_a_deleted_brief_is_written_again_when_it_is_asked_for(
    morning: Morning, db: Database
) -> None:
    first = await morning.brief()
    await Briefs(db).delete(ANNA, first.id)
    await morning.add_task("New", due_on=TODAY)

    second = await morning.brief()

    assert not second.result.already
    assert "New" in second.result.body


@pytest.mark.parametrize(
    "args", [{"day": "29.11.2026"}, {"day": 1.5}, {"user": "bert"}, {"day": ""}], ids=str
)
def test_args_that_make_no_sense_are_refused(args: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgs):
        daily_brief.parse(args)


def test_its_schema_has_examples_that_fit_and_its_limits_are_as_promised() -> None:
    for example in daily_brief.args.model_json_schema()["examples"]:
        assert daily_brief.parse(example) is not None
    assert (daily_brief.timeout, daily_brief.max_attempts) == (timedelta(minutes=5), 3)
    assert (daily_brief.notify, daily_brief.failed_as) == (True, "brief_failed")
    assert daily_brief.tick is not None
    assert daily_brief.tick.cron == "*/15 * * * *"
