"""docs/kinds-feeds.md: its curl lines are run as they stand, its routes and settings exist."""

import json
import re
import shlex
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from jobs.feeds.resource import FeedStatus
from service.dev.sandbox import Sandbox
from service.routes import TABLE
from service.settings import ServiceSettings
from tests.service.conftest import Headers
from tests.service.work import at_work

GUIDE = (Path(__file__).parents[2] / "docs" / "kinds-feeds.md").read_text()
ROUTE = re.compile(r"`(GET|POST|PATCH|DELETE) (/api/feeds[^?` ]*)")
LINES = [
    line for line in re.sub(r"\\\n\s*", "", GUIDE).splitlines() if line.startswith("    curl ")
]


@pytest.fixture
def service_settings(service_settings: ServiceSettings, sandbox: Sandbox) -> ServiceSettings:
    """Let the sandbox be asked, without a pause."""
    allowed = {"web_allow_private": sandbox.host, "web_delay_seconds": 0.0}
    return service_settings.model_copy(update=allowed)


@pytest.fixture
async def outside() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(trust_env=False, timeout=10) as made:
        yield made


def request_of(line: str, **known: str) -> httpx2.Request:
    """Return what a curl line sends, with what its reader knows put in."""
    for name, value in known.items():
        line = line.replace(name if name.startswith("01") else f"${name}", value)
    words = shlex.split(line)
    told = {flag: words[i + 1] for i, flag in enumerate(words) if flag in {"-X", "-d"}}
    headers = [words[i + 1].split(": ", 1) for i, word in enumerate(words) if word == "-H"]
    (url,) = [word for word in words if word.startswith(("localhost", "http://"))]
    method = told.get("-X") or ("POST" if "-d" in told else "GET")
    where = url.replace("localhost:8000", "http://test")
    return httpx2.Request(method, where, headers=dict(headers), content=told.get("-d"))


async def test_the_guides_lines_do_what_they_say(
    app: Starlette,
    client: httpx2.AsyncClient,
    outside: httpx2.AsyncClient,
    sandbox: Sandbox,
    ann: Headers,
) -> None:
    token = ann["Authorization"].removeprefix("Bearer ")
    follow, sync, items, publish, switch = LINES
    known = {"TOKEN": token, "SANDBOX": sandbox.url}
    made = await client.send(request_of(follow, **known))
    known["01a2…"] = made.json()["id"]

    async def synced() -> dict[str, Any]:
        answer = await client.send(request_of(sync, **known))
        told = [line for line in answer.text.splitlines() if line.startswith("data:")]
        ends = [json.loads(line.removeprefix("data:")) for line in told]
        return next(e["data"]["result"] for e in ends if e.get("type") == "job.succeeded")

    async with at_work(app):
        first = await synced()
        listed = await client.send(request_of(items, **known))
        await outside.send(request_of(publish, **known))
        second, third = await synced(), await synced()
        await outside.send(request_of(switch, **known))
        fourth = await synced()

    assert made.status_code == 201
    counts = [(one["new"], one["unchanged"]) for one in (first, second, third, fourth)]
    assert counts == [(3, False), (1, False), (0, True), (0, True)]
    assert len(listed.json()["data"]) == 3
    assert [call["status"] for call in sandbox.calls("sites", "/news/")] == [
        200, 200, 304, 503, 503, 304,
    ]  # fmt: skip


def test_the_guides_routes_are_all_there_are() -> None:
    ours = {(method, path) for method, path, _ in TABLE if path.startswith("/api/feeds")}

    assert set(ROUTE.findall(GUIDE)) == ours


def test_the_guide_tells_every_status_and_the_settings_as_they_are() -> None:
    settings = ServiceSettings.model_fields

    told = re.findall(r"^\| `(\w+)` \| (?:it|its) ", GUIDE, re.MULTILINE)

    assert told == sorted(FeedStatus)
    assert f"`MAX_FEEDS` ({settings['max_feeds'].default})" in GUIDE
    assert f"`FEED_BAD_DAYS` ({settings['feed_bad_days'].default:g})" in GUIDE
