"""docs/python.md: its pieces of code run against the server, and its tables name what there is."""

import asyncio
import re
from pathlib import Path

import pytest

from service.client import Job, Jobcast, mint_token
from service.client.sync.inbox import Inbox
from service.client.sync.keys import Keys
from service.client.sync.schedules import Schedules
from service.client.sync.webhooks import Webhooks
from service.server import Server
from tests.service.conftest import SECRET, url
from tests.service.work import at_work

GUIDE = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
CODE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SCRAPED = '"context_scraping", {"url": "https://example.com/"}'


async def test_every_piece_of_code_runs(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    token = mint_token(SECRET, user="ann")
    monkeypatch.setenv("JOBCAST_URL", url(server))
    monkeypatch.setenv("JOBCAST_TOKEN", token)
    given = {"http://127.0.0.1:8000": url(server), "a JWT or an API key": token, SCRAPED: '"echo"'}
    pieces = CODE.findall(GUIDE)

    async with at_work(server.app):
        for piece in pieces:
            for said, meant in given.items():
                piece = piece.replace(said, meant)  # noqa: PLW2901 - its own copy
            await asyncio.to_thread(exec, piece, {"__name__": "guide"})

    told = capsys.readouterr().out
    assert len(pieces) == 5
    assert "[1:0] [1:1] [1:2] " in told
    assert "100% 21 of 21" in told


def test_what_the_guide_names_is_there() -> None:
    job_words = set(re.findall(r"`job\.(\w+)", GUIDE))
    own = set(re.findall(r"`jobcast\.(\w+)", GUIDE)) | {
        "pause_queue",
        "resume_queue",
        "listen",
        "ticket",
    }
    groups = dict(re.findall(r"`jobcast\.(\w+)` \(`([a-z \n]+)`\)", GUIDE))

    assert job_words <= set(dir(Job)) | {"current"}
    assert own - set(groups) <= set(dir(Jobcast))
    for name, kind in {
        "schedules": Schedules,
        "webhooks": Webhooks,
        "keys": Keys,
        "inbox": Inbox,
    }.items():
        assert set(groups[name].split()) <= set(dir(kind)), name
