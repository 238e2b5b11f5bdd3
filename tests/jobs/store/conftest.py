"""What the store's tests share: sessions of their own, and a look at the whole record at the end."""

from collections.abc import AsyncIterator

import pytest

from tests.jobs.store.audit import wrongs
from tests.jobs.store.session import Session, Stage, open_session


@pytest.fixture
async def stage(database_url: str) -> AsyncIterator[Stage]:
    """Give two sessions that race and one that looks on."""
    async with (
        open_session(database_url) as one,
        open_session(database_url) as other,
        open_session(database_url) as third,
    ):
        yield Stage(one, other, third)


@pytest.fixture
async def db(stage: Stage) -> Session:
    """Give the session that arranges and looks."""
    return stage.db


@pytest.fixture
async def sound(stage: Stage) -> AsyncIterator[None]:
    """Look for what may never be, when the test is over."""
    yield
    assert await wrongs(stage.db) == {}
