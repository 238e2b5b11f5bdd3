"""What a processor reaches outside of its job: uploads, providers, the database, other processes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

from jobs import Context, processor
from jobs.ids import uuid7
from jobs.testing import Bench, NotOnTheBench, run
from tests.kinds import Anything

SAMPLES = Path(__file__).parents[3] / "docs" / "samples"


class File(BaseModel):
    upload_id: UUID


@processor("size")
async def size(context: Context, args: File) -> tuple[str, int, int]:
    """Measures an upload and removes it."""
    found = await context.storage.find(args.upload_id)
    data = await context.storage.read(found)
    await context.storage.remove(args.upload_id)
    return found.name, found.size, len(data)


@processor("fetch")
async def fetch(context: Context, args: Anything) -> str:
    """Reads a page."""
    try:
        return (await context.providers.web.get("https://example.com/")).body.decode()
    except OSError:
        return "nothing"


@processor("stored")
async def stored(context: Context, args: Anything) -> str:
    """Asks the database."""
    async with context.db() as session:
        return str(session)


def tripled(number: int) -> int:
    """Be something a process can import."""
    if number < 0:
        raise ValueError("no negative numbers")
    return number * 3


@processor("tripling", max_attempts=1)
async def tripling(context: Context, args: Anything) -> int:
    """Lets another process do the work."""
    return await context.run_in_process(tripled, args.value)


@processor("closing_over", max_attempts=1)
async def closing_over(context: Context, args: Anything) -> int:
    """Hands over what no process could import."""
    return await context.run_in_process(lambda: 3)


@dataclass
class Page:
    body: bytes


class PlayedWeb:
    async def get(self, url: str) -> Page:
        await asyncio.sleep(10)
        return Page(f"<h1>{url}</h1>".encode())


async def test_an_upload_is_found_read_and_removed() -> None:
    bench = Bench([size])
    path = SAMPLES / "course-outline.txt"
    ident = bench.upload(path)

    job = bench.submit(size, upload_id=ident)
    await bench.run()

    length = path.stat().st_size
    assert job.result == ("course-outline.txt", length, length)
    assert ident not in bench.storage


async def test_uploads_may_be_given_by_id() -> None:
    ident = uuid7()

    ran = await run(size, uploads={ident: b"abc"}, upload_id=ident)

    assert ran.result == ("upload", 3, 3)


async def test_an_upload_expires_on_the_fake_clock() -> None:
    bench = Bench([size])
    ident = bench.upload(b"abc")

    job = bench.submit(size, upload_id=ident, delay=timedelta(days=2))
    await bench.run()

    assert job.error is not None
    assert job.error.code == "not_found"


async def test_a_provider_is_played_by_what_the_test_passes() -> None:
    ran = await run(fetch, providers={"web": PlayedWeb()})

    assert ran.result == "<h1>https://example.com/</h1>"
    assert ran.row.finished_at is not None
    assert ran.row.finished_at - ran.row.created_at == timedelta(seconds=10)


async def test_a_provider_that_is_not_there_is_named_to_the_test() -> None:
    with pytest.raises(NotOnTheBench, match=r"context\.providers\.web is not on the bench"):
        await run(fetch)


async def test_a_database_that_is_not_there_is_named_to_the_test() -> None:
    with pytest.raises(NotOnTheBench, match=r"pass db=… with a session factory"):
        await run(stored)


async def test_a_session_comes_from_the_test() -> None:
    @asynccontextmanager
    async def session() -> AsyncIterator[Any]:
        yield "a session"

    ran = await run(stored, db=session)

    assert ran.result == "a session"


@pytest.mark.parametrize(("number", "outcome"), [(2, "succeeded"), (-1, "failed")])
async def test_other_processes_are_played_by_a_thread(number: int, outcome: str) -> None:
    ran = await run(tripling, value=number)

    assert ran.state == outcome
    assert ran.result == (6 if number > 0 else None)


async def test_a_function_that_no_process_could_import_fails_as_in_production() -> None:
    ran = await run(closing_over)

    assert ran.state == "failed"
    assert ran.error is not None
    assert "pickle" in ran.error.message
