import asyncio
from uuid import uuid4

import pytest

from service.dev.postgres_server import PostgresServer
from tests.service.commands.conftest import Cli


@pytest.fixture
async def bare(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    url = await postgres.create_database(f"bare_{uuid4().hex[:8]}")
    monkeypatch.setenv("DATABASE_URL", url)


async def test_a_bare_database_is_brought_up_from_any_folder(cli: Cli, bare: None) -> None:
    behind = await asyncio.to_thread(cli, "migrate", "--check")
    moved = await asyncio.to_thread(cli, "migrate")
    there = await asyncio.to_thread(cli, "migrate", "--check")

    assert (behind.exit_code, moved.exit_code, there.exit_code) == (1, 0, 0)
    assert "at version none" in behind.stderr
    assert "The database is at version" in moved.stderr


async def test_an_unreachable_database_is_one_sentence(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:s3cret@127.0.0.1:9/x")

    for words in (("migrate",), ("migrate", "--check")):
        result = await asyncio.to_thread(cli, *words)

        assert result.exit_code == 2
        assert "Postgres cannot be used" in result.stderr
        assert "s3cret" not in result.stderr
