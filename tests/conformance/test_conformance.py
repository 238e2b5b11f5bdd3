"""Our own server obeys every rule, with real processes behind it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conformance.report import check_all, table
from tests.conformance.target import Target
from tests.faults.journal import VARIABLE
from tests.faults.site import SECRET, Site, site

CLOCKS = {
    "heartbeat_seconds": "1",
    "hello_timeout_seconds": "1.5",
    "stall_seconds": "2",
    "connection_max_age_seconds": "12",
    "processors": "tests.kinds",
    "max_connections_per_ip": "1000",
}


@pytest.fixture
async def up(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Site]:
    async with site(database_url, redis_url, tmp_path) as opened:
        monkeypatch.setenv(VARIABLE, str(opened.journal.path))
        opened.chosen.update(CLOCKS, redis_timeout_seconds="1", lease_seconds="5")
        yield opened


async def test_the_server_obeys_every_rule(up: Site) -> None:
    await up.web()
    await up.worker()
    target = Target(
        up.base, secret=SECRET, worker=True, heartbeat_seconds=1, hello_seconds=1.5, stall_seconds=2,
        max_age_seconds=12, patience_seconds=25,
    )  # fmt: skip

    findings = await check_all(target)

    broken = [finding for finding in findings if finding.outcome != "pass"]
    assert not broken, table(broken)
