"""Outlines as people send them, read field by field; and files that cannot be read."""

import json
import random
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from jobs.errors import Discard
from jobs.outline import parse_outline
from jobs.processes import Processes
from jobs.processors.course_timeline_parsing import Result, course_timeline_parsing
from jobs.providers.pdf import read_pdf
from tests.jobs.processors.context import Attempts, RecordingContext
from tests.jobs.processors.samples.outlines import readable
from tests.jobs.processors.samples.unreadable import bomb, unreadable

FOLDER = Path(__file__).parent / "samples" / "outlines"
SAMPLES = Path(__file__).parents[3] / "docs" / "samples"
NAMES = sorted(path.stem for path in FOLDER.glob("*.pdf"))
KIND = "course_timeline_parsing"


async def upload(attempts: Attempts, data: bytes) -> UUID:
    async def body() -> AsyncIterator[bytes]:
        yield data

    return (await attempts.uploads.receive("acme", "anna", "outline.pdf", "", body())).id


async def read(attempts: Attempts, data: bytes) -> tuple[Result, RecordingContext]:
    context = attempts.begin(KIND)
    args = course_timeline_parsing.parse({"upload_id": str(await upload(attempts, data))})
    result = await course_timeline_parsing.process(context, args)
    assert isinstance(result, Result)
    return result, context


def told(found: list[Any]) -> list[dict[str, Any]]:
    return [item.model_dump(mode="json", exclude_none=True) for item in found]


@pytest.mark.parametrize("name", NAMES)
async def test_all_that_is_in_an_outline_is_found(attempts: Attempts, name: str) -> None:
    expected = json.loads((FOLDER / f"{name}.json").read_text())

    result, context = await read(attempts, (FOLDER / f"{name}.pdf").read_bytes())

    assert result.title == expected["title"]
    assert told(result.terms) == expected["terms"]
    assert told(result.courses) == expected["courses"]
    for found, wanted in zip(told(result.events), expected["events"], strict=True):
        assert found == wanted
    assert result.warnings == expected["warnings"]
    assert context.told == [
        (
            "course_timeline_parsing_completed",
            {
                "timeline_id": str(context.job.id),
                "title": expected["title"],
                "courses": len(expected["courses"]),
                "events": len(expected["events"]),
            },
        )
    ]


@pytest.mark.parametrize("name", ["transcript.pdf", "course-outline.html"])
async def test_everything_is_parsed_in_another_process(
    attempts: Attempts, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def here(*args: object, **kwargs: object) -> None:
        raise AssertionError("this would hold up the event loop")

    for parser in (
        "jobs.providers.pdf_reading.inspect",
        "jobs.providers.pdf_reading.read",
        "jobs.providers.html_rows.read_rows",
        "jobs.outline.timeline.parse_outline",
    ):
        monkeypatch.setattr(parser, here)  # the children are interpreters of their own
    file = next(folder / name for folder in (FOLDER, SAMPLES) if (folder / name).exists())

    result, _ = await read(attempts, file.read_bytes())

    assert result.courses


def test_every_sample_is_kept_with_what_is_in_it() -> None:
    assert sorted(readable()) == NAMES == sorted(path.stem for path in FOLDER.glob("*.json"))
    kept = {path.stem for path in (FOLDER / "unreadable").glob("*.pdf")}
    assert kept | {"thousand-pages", "zip-bomb"} == set(unreadable())


@pytest.mark.parametrize("name", unreadable())
async def test_a_file_that_cannot_be_read_says_why(attempts: Attempts, name: str) -> None:
    data, code = unreadable()[name]
    kept = FOLDER / "unreadable" / f"{name}.pdf"

    with pytest.raises(Discard) as caught:
        await read(attempts, kept.read_bytes() if kept.exists() else data)

    assert caught.value.code == code
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("nested", [False, True])
async def test_a_bomb_is_refused_within_little_memory(nested: bool) -> None:
    async with Processes(1, memory_bytes=400 * 1024**2) as pool:
        with pytest.raises(Discard) as caught:
            await pool.run(read_pdf, bomb(nested=nested), 1, 1)

    assert caught.value.code == "too_large"


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Change, drop or repeat some bytes."""
    found = bytearray(data)
    for _ in range(chance.choice([1, 3, 10, 40])):
        at, length = chance.randrange(len(found) // 2), chance.randrange(1, 60)
        piece = [bytes([chance.randrange(256)]), b"", found[-length:]][chance.randrange(3)]
        found[at : at + chance.choice([1, length])] = piece
    return bytes(found)


@pytest.mark.parametrize("name", NAMES)
async def test_a_damaged_file_is_read_or_refused_and_nothing_else(
    processes: Processes, name: str
) -> None:
    chance = random.Random(name)  # noqa: S311 - no secret
    whole = (FOLDER / f"{name}.pdf").read_bytes()

    codes = [await code_of(processes, damaged(whole, chance)) for _ in range(8)]

    assert set(codes) <= {"", "unreadable", "encrypted", "too_large"}


async def code_of(processes: Processes, data: bytes) -> str:
    """Return why a file is refused, nothing when it is read."""
    try:
        pages = await processes.run(read_pdf, data, 1, 5)
    except Discard as error:
        return error.code
    outline = parse_outline(pages, year=2026, today=date(2026, 1, 1))
    return "" if all(event.title for event in outline.events) else "untitled"
