"""What the processors' tests share: a process pool, a played site, contexts."""

from collections.abc import AsyncIterator

import pytest

from jobs.db import open_database
from jobs.processes import Processes
from jobs.providers import open_providers
from jobs.settings import JobsSettings
from jobs.storage import Storage
from service.dev.sandbox import Sandbox
from tests.jobs.processors.context import Attempts
from tests.jobs.processors.diary import Diary, open_diary
from tests.jobs.processors.publishing import Newsroom, open_newsroom
from tests.jobs.processors.texting import Telephone, open_telephone
from tests.jobs.providers.site import Site


@pytest.fixture(scope="session")
async def processes() -> AsyncIterator[Processes]:
    """Give one pool to all of them: starting its children is what takes time."""
    async with Processes(2) as pool:
        yield pool


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site.open() as opened:
        yield opened


@pytest.fixture
async def attempts(
    settings: JobsSettings, site: Site, processes: Processes
) -> AsyncIterator[Attempts]:
    values = {"web_allow_private": site.host, "web_delay_seconds": 0.0}
    allowed = settings.model_copy(update=values)
    async with open_database(allowed) as database, open_providers(allowed) as providers:
        yield Attempts(providers, Storage(allowed, database.pool), database, processes)


@pytest.fixture
async def newsroom(sandbox: Sandbox, database_url: str) -> AsyncIterator[Newsroom]:
    async with open_newsroom(database_url, sandbox) as opened:
        yield opened


@pytest.fixture
async def telephone(sandbox: Sandbox, database_url: str) -> AsyncIterator[Telephone]:
    async with open_telephone(database_url, sandbox) as opened:
        yield opened


@pytest.fixture
async def diary(sandbox: Sandbox, database_url: str) -> AsyncIterator[Diary]:
    async with open_diary(database_url, sandbox) as opened:
        yield opened
