"""docs/audit.md: what it shows can be asked and is answered, and its page has every action."""

import json
import re
from pathlib import Path

import httpx2
from typer.testing import CliRunner

from jobs.audit import DESCRIPTIONS, AuditEntryResource
from jobs.settings import JobsSettings
from service.cli import app as cli
from service.routes.audit import AuditQuery
from tests.service.conftest import As

GUIDE = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
RETENTION = JobsSettings.model_fields["audit_retention"]


async def test_its_page_lists_every_action_there_is(client: httpx2.AsyncClient) -> None:
    shown = (await client.get("/docs/audit")).text

    assert [name for name in DESCRIPTIONS if f"<code>{name}</code>" not in shown] == []


def test_the_entry_it_shows_has_every_field_there_is() -> None:
    [shown] = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)

    assert list(AuditEntryResource.model_validate_json(shown).model_dump()) == list(
        json.loads(shown)
    )


def test_the_parameters_and_options_it_names_are_there() -> None:
    [query] = re.findall(r"`GET /api/audit\?([\w=&]+)`", GUIDE)
    options = set(re.findall(r"jobcast audit.*?(--\w+)", GUIDE))
    helped = CliRunner().invoke(cli, ["audit", "--help"], env={"COLUMNS": "200"}).stdout

    assert {part.rstrip("=") for part in query.split("&")} == set(AuditQuery.model_fields)
    assert options
    assert [option for option in options if option not in helped] == []


def test_its_retention_is_the_settings() -> None:
    [days, least] = re.findall(r"`AUDIT_RETENTION` \((\d+) days; at least (\d+)\)", GUIDE)[0]

    assert RETENTION.default.days == int(days)
    assert RETENTION.metadata[0].ge.days == int(least)


async def test_what_it_asks_for_is_answered(client: httpx2.AsyncClient, as_user: As) -> None:
    root = as_user("root", "jobs:read jobs:write admin", org="operators")
    await client.post("/api/queues/default/pause", headers=root)
    await client.post("/api/queues/default/resume", headers=root)

    answer = await client.get("/api/audit", params={"subject": "queue:default"}, headers=root)

    told = [entry["action"] for entry in answer.json()["data"]]
    assert told == re.findall(r"root   (queue\.\w+)", GUIDE)
