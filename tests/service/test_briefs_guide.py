"""docs/briefs.md: its curl lines are run as they stand, and its routes exist."""

import re
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from service.routes import TABLE
from tests.jobs.conftest import working
from tests.service.conftest import Headers
from tests.service.test_feeds_guide import request_of

GUIDE = (Path(__file__).parents[2] / "docs" / "briefs.md").read_text(encoding="utf-8")
LINES = [
    line for line in re.sub(r"\\\n\s*", "", GUIDE).splitlines() if line.startswith("    curl ")
]
ROUTE = re.compile(r"`(GET|DELETE) (/api/briefs[^?` ]*)")


async def test_the_guides_lines_do_what_they_say(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    token = ann["Authorization"].removeprefix("Bearer ")
    add, submit, listing, wishes = [request_of(line, TOKEN=token) for line in LINES]

    made = await client.send(add)
    async with working(app.state.resources.settings):
        job = (await client.send(submit)).json()
    [brief] = (await client.send(listing)).json()["data"]
    kept = await client.send(wishes)

    assert (made.status_code, job["state"]) == (201, "succeeded")
    assert "Water the beds" in job["result"]["body"]
    assert brief["id"] == job["id"]
    assert (kept.status_code, kept.json()["brief_hour"]) == (200, 7)
    read = (await client.get(f"/api/briefs/{brief['id']}", headers=ann)).json()
    for field in re.findall(r"`(\w+)`", GUIDE.split("the brief: ")[1].split(". It counts")[0]):
        assert field in read
    told = (await client.get("/api/inbox", headers=ann)).json()["data"]
    assert [entry["name"] for entry in told] == ["brief_completed"]


def test_its_routes_are_all_there_are() -> None:
    told = set(ROUTE.findall(GUIDE))

    there = {(method, path) for method, path, _ in TABLE if path.startswith("/api/briefs")}
    assert told == there


@pytest.mark.parametrize(
    "word", ["`brief_failed`", "`day_out_of_range`", "`already`", "`email_job_id`"]
)
def test_it_names_what_others_hold_on_to(word: str) -> None:
    assert word in GUIDE
