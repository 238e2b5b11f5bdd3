"""A site for each scenario, on this process's own servers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.journal import VARIABLE
from tests.faults.site import Site, site


@pytest.fixture
async def up(
    database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Site]:
    async with site(database_url, redis_url, tmp_path) as opened:
        monkeypatch.setenv(VARIABLE, str(opened.journal.path))
        yield opened
