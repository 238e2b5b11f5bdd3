import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.dev import account as module
from service.dev.account import account, can, owned, reachable
from service.dev.postgres_server import PostgresServer

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has another account to use")


@pytest.fixture
def private() -> Iterator[Path]:
    """Give a folder that only root may pass, as root's home is."""
    folder = Path(tempfile.mkdtemp(prefix="jobcast-private-"))
    yield folder
    for link in folder.rglob("*"):
        if link.is_symlink():
            shutil.rmtree(link.resolve(), ignore_errors=True)
    shutil.rmtree(folder)


async def test_a_cluster_below_a_private_folder_lives_elsewhere_and_is_found_again(
    private: Path,
) -> None:
    async with PostgresServer(private / "data" / "postgres") as server:
        await server.execute("CREATE TABLE kept AS SELECT 1 AS one", "jobcast")

    async with PostgresServer(private / "data" / "postgres") as server:
        await server.execute("SELECT one FROM kept", "jobcast")

    assert (private / "data" / "postgres").is_symlink()
    assert private.stat().st_mode & 0o077 == 0


def test_a_folder_is_made_afresh_when_its_link_leads_nowhere(private: Path) -> None:
    user = account()
    shutil.rmtree(owned(private / "postgres", user))

    again = owned(private / "postgres", user)

    assert user is not None
    assert can(user, "-w", again)


def test_programs_in_a_private_folder_are_copied_to_where_they_can_be_run(
    private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Path(tempfile.mkdtemp(prefix="jobcast-cache-"))
    cache.chmod(0o755)
    monkeypatch.setattr(module, "CACHE", cache)
    (private / "package" / "bin").mkdir(parents=True)
    shutil.copy("/bin/true", private / "package" / "bin" / "postgres")
    user = account()
    assert user is not None

    first = reachable(private / "package/bin/postgres", user, private, ["package", "absent"])
    second = reachable(private / "package/bin/postgres", user, private, ["package", "absent"])

    assert first == second
    assert can(user, "-x", first)
    assert [folder.name for folder in cache.iterdir()] == [first.parents[2].name]
    shutil.rmtree(cache)


def test_a_cache_that_belongs_to_somebody_else_is_refused(
    private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = account()
    assert user is not None
    (private / "cache").mkdir()
    shutil.chown(private / "cache", user)
    monkeypatch.setattr(module, "CACHE", private / "cache")
    (private / "program").touch(mode=0o755)

    with pytest.raises(PermissionError):
        reachable(private / "program", user, private, [])
