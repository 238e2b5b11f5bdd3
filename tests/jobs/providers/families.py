"""Looking into the process table: which processes are there that a test has reason to look for."""

from pathlib import Path

import psutil

from service.dev.child import becomes_true

PATIENCE_SECONDS = 20.0


def alive(word: str) -> list[psutil.Process]:
    """Return the living processes that have ``word`` in their command line or environment."""
    found = []
    for process in psutil.process_iter():
        try:
            told = [*process.cmdline(), *map("=".join, process.environ().items())]
            dead = process.status() == psutil.STATUS_ZOMBIE
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if not dead and any(word in part for part in told):
            found.append(process)
    return found


def sessions(processes: list[psutil.Process]) -> set[int]:
    """Return the session ids of processes (proc(5), stat, the sixth field)."""
    stats = [Path(f"/proc/{p.pid}/stat").read_text().rpartition(")")[2] for p in processes]
    return {int(stat.split()[3]) for stat in stats}


def in_session(ident: int) -> list[int]:
    """Return the living processes of a session."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat[3]) == ident and stat[0] != "Z":
            found.append(int(folder.name))
    return found


async def until_alive(word: str, count: int) -> list[psutil.Process]:
    """Wait until ``count`` processes bear ``word``."""

    async def there() -> bool:
        return len(alive(word)) >= count

    await becomes_true(there, PATIENCE_SECONDS)
    return alive(word)


async def until_gone(word: str) -> None:
    """Wait until no process bears ``word``."""

    async def gone() -> bool:
        return not alive(word)

    await becomes_true(gone, PATIENCE_SECONDS)
