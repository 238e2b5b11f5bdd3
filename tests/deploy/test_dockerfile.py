import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import distribution
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from packaging.markers import Marker

from service.dev.account import account, group_of
from service.dev.child import becomes_true
from service.dev.ports import free_port
from tests.deploy.dockerfile import Stage, Step, carry_out_copies, copies, stages
from tests.e2e.program import ROOT

BUILD, IMAGE = stages(ROOT / "Dockerfile")
PINNED = re.compile(
    r"^([a-z0-9._-]+)(?:\[[a-z0-9_,-]+\])?==([^\s;]+)(?: ; (.*?))? \\$", re.MULTILINE
)
MEBIBYTE = 1024 * 1024
MOST_MEBIBYTES = 300
SECRET = "a secret of this test alone, 32 bytes and more"


def test_the_image_runs_as_somebody_without_rights() -> None:
    words = [step.word for step in IMAGE.steps]

    assert IMAGE.all("USER") == ["jobcast"]
    assert "RUN" not in words[words.index("USER") :]
    assert IMAGE.all("STOPSIGNAL") == ["SIGTERM"]


def test_only_what_is_installed_comes_from_the_first_stage() -> None:
    assert [rest for rest in IMAGE.all("COPY") if rest.startswith("--from")] == [
        "--from=build /venv /venv"
    ]
    assert not any("pip" in rest or "apt" in rest for rest in IMAGE.all("RUN"))
    assert BUILD.base == IMAGE.base
    assert list(copies(BUILD)) == [("requirements.txt", ".")]


def test_only_pinned_and_hashed_packages_are_installed() -> None:
    install = BUILD.all("RUN")[-1]
    requirements = (ROOT / "requirements.txt").read_text()
    blocks = re.split(r"^(?=[a-z0-9])", requirements, flags=re.MULTILINE)

    assert "--require-hashes" in install
    assert install.endswith("-r requirements.txt")
    assert [b for b in blocks if b and not ("==" in b and "--hash=sha256:" in b)] == []


def installed() -> Iterator[tuple[str, str, int]]:
    """Name, version and bytes of each package of the image that this platform takes."""
    for name, version, marker in PINNED.findall((ROOT / "requirements.txt").read_text()):
        if marker and not Marker(marker).evaluate():
            continue
        found = distribution(name)
        files = [Path(str(file.locate())) for file in found.files or ()]
        yield name, found.version == version, sum(f.stat().st_size for f in files if f.exists())


def test_these_tests_run_on_the_very_packages_of_the_image_and_they_are_not_many_bytes() -> None:
    packages = list(installed())

    size = sum(bytes_ for _, _, bytes_ in packages) / MEBIBYTE
    assert [name for name, same, _ in packages if not same] == []
    assert size < MOST_MEBIBYTES, f"{size:.0f} MiB"


@pytest.fixture(scope="session")
def tree() -> Iterator[Path]:
    """Carry out what the image's stage copies and compiles, where its user may read.

    Not in pytest's own folder: that one is closed to others again by each run that begins.
    """
    with TemporaryDirectory(prefix="jobcast-image-") as name:
        root = Path(name)
        root.chmod(0o755)
        carry_out(root)
        yield root


def carry_out(root: Path) -> None:
    carry_out_copies(IMAGE, ROOT, root)
    [compiles] = [rest for rest in IMAGE.all("RUN") if "compileall" in rest]
    subprocess.run([interpreter(), *compiles.split()[1:]], cwd=root, check=True)
    (root / ".data").mkdir()
    older = root / "async_timeout.py"  # what redis wants before Python 3.11.3
    older.write_text("from asyncio import timeout as timeout")
    if (user := account()) is not None and (group := group_of(user)) is not None:
        shutil.chown(root / ".data", user, group)


def interpreter() -> str:
    """Return a Python like ours that the image's user may run: ours may lie in root's home."""
    if account() is None:
        return sys.executable
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return shutil.which(name, path="/usr/local/bin:/usr/bin") or pytest.skip(f"no {name} for all")


@asynccontextmanager
async def running(tree: Path, command: list[str], env: dict[str, str]) -> AsyncIterator[None]:
    """Run the image's command as its user."""
    process = await begun(tree, command, env)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):  # it has ended already: then it says why
            process.terminate()
        said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()


async def begun(tree: Path, command: list[str], env: dict[str, str]) -> asyncio.subprocess.Process:
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    ours = {"PATH": os.environ["PATH"], "PYTHONPATH": packages, "PYTHONDONTWRITEBYTECODE": "1"}
    user = account()
    return await asyncio.create_subprocess_exec(
        interpreter(), *command[1:], cwd=tree, env={**ours, **env},
        user=user, group=group_of(user), extra_groups=None if user is None else [],
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip


async def healthy(tree: Path, command: list[str], env: dict[str, str]) -> bool:
    process = await begun(tree, command, env)
    await process.communicate()
    return process.returncode == 0


@pytest.mark.e2e
async def test_web_and_worker_run_from_the_image_s_files_and_are_found_healthy(
    tree: Path, database_url: str, redis_url: str
) -> None:
    env = {
        "ENV": "prod", "PORT": str(free_port()), "DATABASE_URL": database_url,
        "REDIS_URL": redis_url, "JWT_SECRET": SECRET, "SECRET_KEY": SECRET, "DRAIN_SECONDS": "0",
        "WORKER_GRACE_SECONDS": "6",
    }  # fmt: skip
    web, check = IMAGE.command("CMD"), IMAGE.command("HEALTHCHECK")
    worker = [*web[:-1], "worker"]
    worker_check = [*worker, "--check"]

    before = await asyncio.gather(*(healthy(tree, one, env) for one in (check, worker_check)))
    async with running(tree, web, env), running(tree, worker, env):
        await becomes_true(lambda: healthy(tree, check, env), 40)
        await becomes_true(lambda: healthy(tree, worker_check, env), 40)
    after = await healthy(tree, worker_check, env)

    assert before == [False, False]
    assert not after


def test_what_the_ignore_file_keeps_out_cannot_be_copied(tmp_path: Path) -> None:
    stage = Stage("scratch", steps=[Step("COPY", "tests tests")])

    with pytest.raises(FileNotFoundError, match="dockerignore"):
        carry_out_copies(stage, ROOT, tmp_path)
