"""What the tests of fetching share: a played site and a Web that may reach it."""

from collections.abc import AsyncIterator

import pytest

from jobs.providers.web import Web
from tests.jobs.providers.site import PAGE, Site, settings_for


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site.open(page=PAGE) as opened:
        yield opened


@pytest.fixture
async def web(site: Site) -> AsyncIterator[Web]:
    async with Web(settings_for(site, web_max_bytes=10_000)) as opened:
        yield opened
