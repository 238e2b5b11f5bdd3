"""docs/doctor.md: the table has every finding, and no other."""

import re

import pytest
from redis.asyncio import Redis

from jobs.settings import JobsSettings
from service.doctor import Given, examine
from service.doctor.cache import examine_realtime
from service.doctor.outside import TOGETHER
from tests.e2e.program import ROOT

GUIDE = (ROOT / "docs" / "doctor.md").read_text()
ROWS = re.findall(r"^\| (`.*?) \|", GUIDE, re.MULTILINE)
TOLD = {name for row in ROWS for name in re.findall(r"`(.*?)`", row)}
SOURCE = "".join(file.read_text() for file in (ROOT / "service" / "doctor").glob("*.py"))


@pytest.fixture
async def names(settings: JobsSettings, redis_url: str) -> set[str]:
    """Give the names of all findings of an ordinary examination, and of a second Redis."""
    found = {finding.name for finding in await examine(Given(**settings.model_dump()))}
    async with Redis.from_url(redis_url) as client:
        found |= {finding.name async for finding in examine_realtime(client)}
    return found


async def test_every_finding_has_its_row(names: set[str]) -> None:
    assert names - TOLD == set()
    assert set(TOGETHER) <= TOLD


def test_every_row_is_a_finding() -> None:
    derived = {f"{whose} clock" for whose in ("postgres", "redis")}
    derived |= {name for name in TOLD if name.startswith("realtime redis ")}

    assert {name for name in TOLD - derived if f'"{name}"' not in SOURCE} == set()
