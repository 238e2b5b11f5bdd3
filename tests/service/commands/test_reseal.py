"""``jobcast reseal`` on a database of its own."""

import asyncio

import pytest

from jobs.connections import Wanted
from jobs.resources import open_resources
from jobs.settings import JobsSettings
from realtime.caller import Caller
from tests.service.commands.conftest import Cli

ANN = Caller("ann", "ann", frozenset({"jobs:write"}))


async def test_it_seals_anew_and_says_what_it_did(
    cli: Cli, settings: JobsSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = JobsSettings(**{**settings.model_dump(), "secret_key": "old"})
    async with open_resources(old) as resources:
        await resources.connections.create(ANN, Wanted("oauth2", "mine", {"access_token": "at_x"}))
    monkeypatch.setenv("DATABASE_URL", settings.database_url)

    monkeypatch.setenv("SECRET_KEY", "other")
    locked = await asyncio.to_thread(cli, "reseal")
    monkeypatch.setenv("SECRET_KEY", "new,old")
    done = await asyncio.to_thread(cli, "reseal")

    assert (locked.exit_code, done.exit_code) == (1, 0)
    assert "connections: 0 sealed anew, 1 cannot be opened" in locked.stdout
    assert "connections: 1 sealed anew, 0 cannot be opened" in done.stdout
    assert "at_x" not in done.stdout + done.stderr
    async with open_resources(old) as resources:
        entries = await resources.db.fetch(
            "SELECT actor, via, action, detail FROM audit ORDER BY id"
        )
    assert [(e["via"], e["action"]) for e in entries[-2:]] == [("command", "secrets.reseal")] * 2
    assert entries[-1]["actor"]
    assert entries[-1]["detail"]["connections"] == {"anew": 1, "locked": 0}


async def test_without_a_key_it_says_so(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "")

    result = await asyncio.to_thread(cli, "reseal")

    assert result.exit_code == 2
    assert "SECRET_KEY" in result.stderr
