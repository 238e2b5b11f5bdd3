"""A client of the sandbox."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from service.dev.sandbox import Sandbox


@pytest.fixture
async def caller(sandbox: Sandbox) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=sandbox.url, trust_env=False, timeout=10) as made:
        yield made
