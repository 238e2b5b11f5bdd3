"""Kind ``course_timeline_parsing``, on the sample files and a real database, storage and pool."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from jobs import store
from jobs.errors import Discard, InvalidArgs
from jobs.processors.course_timeline_parsing import (
    EXAMPLE,
    Args,
    Result,
    course_timeline_parsing,
)
from tests.jobs.processors.context import Attempts, RecordingContext
from tests.jobs.providers.pdfs import ENCRYPTED, SCAN, make_pdf

SAMPLES = Path(__file__).parents[3] / "docs" / "samples"
KIND = "course_timeline_parsing"


async def run(context: RecordingContext, **args: object) -> Result:
    parsed = course_timeline_parsing.parse({k: str(v) for k, v in args.items()})
    result = await course_timeline_parsing.process(context, parsed)
    assert isinstance(result, Result)
    return result


async def upload(attempts: Attempts, data: bytes, name: str, media_type: str = "") -> UUID:
    async def body() -> AsyncIterator[bytes]:
        yield data

    return (await attempts.uploads.receive("acme", "anna", name, media_type, body())).id


async def sample(attempts: Attempts, name: str) -> UUID:
    return await upload(attempts, (SAMPLES / name).read_bytes(), name)


async def count(attempts: Attempts, table: str) -> int:
    rows = await attempts.database.fetch(f"SELECT 1 FROM {table}")  # noqa: S608 - our own names
    return len(rows)


@pytest.mark.parametrize("name", ["course-outline.pdf", "course-outline.html"])
async def test_an_outline_of_two_courses_is_read(attempts: Attempts, name: str) -> None:
    context = attempts.begin(KIND)

    result = await run(context, upload_id=await sample(attempts, name))

    assert result.title == "Course Outline: Introduction to Programming and Calculus I"
    assert [(c.code, c.title, c.credits) for c in result.courses] == [
        ("CS 101", "Introduction to Programming", 4.0),
        ("MATH 120", "Calculus I", 3.0),
    ]
    assert [(t.name, t.year) for t in result.terms] == [("Fall 2026", 2026)]
    assert len(result.events) == 52
    assert [e.date for e in result.events] == sorted(e.date for e in result.events)
    project = next(e for e in result.events if e.title == "Term project")
    assert (project.date, project.time, project.weight) == (date(2026, 12, 4), "23:59", 20.0)
    assert (project.type, project.course) == ("assignment", "CS 101")
    last = result.events[-1]
    assert (last.title, last.type, last.weight) == ("Final exam", "exam", 35.0)
    assert result.warnings == []
    assert result.timeline_id == context.job.id
    assert context.text.count("\n") == 52


async def test_events_of_a_pdf_name_their_page(attempts: Attempts) -> None:
    context = attempts.begin(KIND)

    result = await run(context, upload_id=await sample(attempts, "course-outline.pdf"))

    pages = {event.course: event.page for event in result.events}
    assert pages == {None: 1, "CS 101": 2, "MATH 120": 3}
    assert "Page 3 of 3" in context.messages
    assert context.fractions == sorted(context.fractions)
    assert context.fractions[-1] == 1.0


async def test_a_csv_is_read_day_first_as_its_dates_show(attempts: Attempts) -> None:
    result = await run(attempts.begin(KIND), upload_id=await sample(attempts, "course-outline.csv"))

    assert [c.code for c in result.courses] == ["BIO 210", "CHEM 115"]
    exam = next(e for e in result.events if e.title == "Midterm test")
    assert (exam.date, exam.type, exam.weight) == (date(2026, 10, 5), "exam", 30.0)
    assert result.warnings == []


async def test_a_plain_text_is_read_with_its_years_inferred(attempts: Attempts) -> None:
    result = await run(attempts.begin(KIND), upload_id=await sample(attempts, "course-outline.txt"))

    assert [c.credits for c in result.courses] == [3.0]
    oral = result.events[-1]
    assert (oral.date, oral.end_date) == (date(2027, 4, 12), date(2027, 4, 14))
    assert result.warnings == ["Page 1: the date of 'Last day to withdraw' is in no calendar."]


async def test_an_outline_in_the_body_is_read(attempts: Attempts) -> None:
    result = await run(attempts.begin(KIND), text=EXAMPLE, timezone="Europe/Berlin")

    assert result.timezone == "Europe/Berlin"
    assert [e.title for e in result.events if e.type == "exam"] == ["Midterm exam", "Final exam"]


async def test_the_upload_is_removed_at_the_end(attempts: Attempts) -> None:
    ident = await sample(attempts, "course-outline.txt")

    await run(attempts.begin(KIND), upload_id=ident)

    assert await count(attempts, "uploads") == 0


async def test_a_second_attempt_after_the_end_returns_the_same(attempts: Attempts) -> None:
    context = attempts.begin(KIND)
    ident = await sample(attempts, "course-outline.txt")
    first = await run(context, upload_id=ident)

    again = await run(attempts.begin(KIND, job=context.job.id), upload_id=ident)

    assert again == first
    assert await count(attempts, "timelines") == 1


async def test_a_stored_timeline_is_read_again_without_the_file(attempts: Attempts) -> None:
    first = await run(attempts.begin(KIND), text="Quiz on Sep 4")

    again = await run(attempts.begin(KIND), timeline_id=first.timeline_id, year=2031)

    assert again.timeline_id == first.timeline_id
    assert again.events[0].date == date(2031, 9, 4)
    assert await count(attempts, "timelines") == 1


async def test_an_expired_timeline_is_gone(attempts: Attempts) -> None:
    first = await run(attempts.begin(KIND), text="Quiz on Sep 4, 2026")
    await attempts.database.fetch("UPDATE timelines SET expires_at = now()")

    with pytest.raises(Discard, match="expired"):
        await run(attempts.begin(KIND), timeline_id=first.timeline_id)

    day = timedelta(days=1)
    assert await store.prune_rest(attempts.database, day, day, 10) == 1
    assert await count(attempts, "timelines") == 0


async def test_a_strangers_upload_and_timeline_are_not_found(attempts: Attempts) -> None:
    ident = await sample(attempts, "course-outline.txt")
    mine = await run(attempts.begin(KIND), text="Quiz on Sep 4, 2026")

    for args in ({"upload_id": ident}, {"timeline_id": mine.timeline_id}):
        with pytest.raises(Discard) as caught:
            await run(attempts.begin(KIND, user="bert"), **args)
        assert caught.value.code == "not_found"
    assert await count(attempts, "uploads") == 1


BAD = {
    "empty": (b"", "empty_file"),
    "blank": (b" \n\t ", "empty_file"),
    "word": (b"PK\x03\x04 and so on", "wrong_type"),
    "image": (b"\x89PNG\r\n\x1a\n", "wrong_type"),
    "binary": (b"text\x00\x01\x02", "wrong_type"),
    "corrupt": (b"%PDF-1.7\nnot really", "unreadable"),
    "cut": (make_pdf("Quiz on Sep 4, 2026")[:200], "unreadable"),
    "encrypted": (ENCRYPTED, "encrypted"),
    "scan": (SCAN, "no_text"),
    "markup": (b"<html><script>1</script></html>", "empty_file"),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_file_that_cannot_be_read_ends_the_job_with_a_sentence(
    attempts: Attempts, name: str
) -> None:
    data, code = BAD[name]
    ident = await upload(attempts, data, "outline.pdf", "application/pdf")

    with pytest.raises(Discard) as caught:
        await run(attempts.begin(KIND), upload_id=ident)

    assert caught.value.code == code
    assert str(caught.value).endswith(".")


async def test_an_upload_that_does_not_exist_ends_the_job(attempts: Attempts) -> None:
    with pytest.raises(Discard, match="no such upload"):
        await run(attempts.begin(KIND), upload_id=uuid4())


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"text": ""},
        {"text": "x" * 200_001},
        {"text": "x", "timeline_id": str(UUID(int=1))},
        {"upload_id": "not-a-uuid"},
        {"text": "x", "year": 1},
        {"text": "x", "timezone": "Mars/Olympus"},
        {"text": "x", "extra": 1},
    ],
    ids=["none", "empty", "long", "two", "bad id", "bad year", "bad zone", "unknown"],
)
def test_wrong_args_are_refused(args: dict[str, object]) -> None:
    with pytest.raises(InvalidArgs):
        course_timeline_parsing.parse(args)


def test_the_schema_marks_the_upload_and_brings_a_valid_example() -> None:
    schema = Args.model_json_schema()

    assert schema["properties"]["upload_id"]["x-upload"] is True
    assert [course_timeline_parsing.parse(example) for example in schema["examples"]]
