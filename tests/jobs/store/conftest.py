"""What the store's tests share: sessions of their own, and a look at the whole record at the end."""

from collections.abc import AsyncIterator, Callable

import pytest

from tests.jobs.store.audit import wrongs
from tests.jobs.store.session import Session, Stage, open_session

HOLD = "SELECT pg_advisory_xact_lock(1)"

Pause = Callable[[object, str, str], None]


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


@pytest.fixture
def pause(monkeypatch: pytest.MonkeyPatch) -> Pause:
    """Give the function that stops a statement of a module before a condition is looked at."""

    def put(module: object, name: str, condition: str) -> None:
        sql = getattr(module, name)
        assert sql.count(condition) == 1
        stopped = f"({HOLD}) IS NOT NULL AND {condition}"
        monkeypatch.setattr(module, name, sql.replace(condition, stopped))

    return put
