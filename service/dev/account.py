"""The unprivileged account PostgreSQL runs as when we are root, and the folders it can reach."""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

ACCOUNT = "jobcast"
STATE = Path("/var/lib/jobcast")
CACHE = Path("/var/cache/jobcast")


def account() -> str | None:
    """Return whom to drop to, made when it is missing; None when we are not root.

    PostgreSQL refuses to run as root and wants the account to have a name.
    """
    if os.geteuid() != 0:
        return None
    if not exists(ACCOUNT):
        command = [
            "useradd",
            "--system",
            "--no-create-home",
            "--shell",
            "/usr/sbin/nologin",
            ACCOUNT,
        ]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if not exists(ACCOUNT):  # a second start at the same moment may have made it
            raise PermissionError(f"could not make the account {ACCOUNT}: {made.stderr.strip()}")
    return ACCOUNT


def exists(name: str) -> bool:
    """Say whether the system knows an account of this name."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def group_of(user: str | None) -> int | None:
    """Return the account's own group."""
    return None if user is None else pwd.getpwnam(user).pw_gid


def owned(folder: Path, user: str | None) -> Path:
    """Return a folder of this name that `user` can write in, made when it is missing.

    Under a folder that `user` may not pass (root's home, say) we open no permissions: the real
    folder is made below /var/lib/jobcast and `folder` becomes a link to it, so that removing the
    link starts afresh.
    """
    if user is None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder.resolve()
    if folder.is_symlink() and not folder.exists():
        folder.unlink()
    if not folder.exists():
        make(folder, user)
    return folder.resolve()


def make(folder: Path, user: str) -> None:
    """Make the folder for `user`, in place when it can be reached there, else as a link."""
    folder.mkdir(mode=0o700, parents=True)
    shutil.chown(folder, user, group_of(user))
    if can(user, "-w", folder):
        return
    STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
    real = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=STATE))
    shutil.chown(real, user, group_of(user))
    folder.rmdir()
    folder.symlink_to(real)


def reachable(program: Path, user: str | None, base: Path, folders: Iterable[str]) -> Path:
    """Return `program`, or its copy in /var/cache/jobcast when `user` may not run it in place.

    `folders` of `base` hold all that the program needs; they are copied once for each `base`.
    """
    if user is None or can(user, "-x", program):
        return program
    CACHE.mkdir(mode=0o755, parents=True, exist_ok=True)
    if CACHE.stat().st_uid != 0:
        raise PermissionError(f"{CACHE} belongs to somebody else")
    facts = f"{program}-{program.stat().st_mtime_ns}"
    copy = CACHE / hashlib.sha256(facts.encode()).hexdigest()[:16]
    if not copy.exists():
        publish(base, folders, copy)
    return copy / program.relative_to(base)


def publish(base: Path, folders: Iterable[str], copy: Path) -> None:
    """Copy folders for everybody to read; atomic, so that parallel starts can't see half of it."""
    partial = Path(tempfile.mkdtemp(dir=copy.parent))
    for folder in folders:
        if (base / folder).exists():
            shutil.copytree(base / folder, partial / folder, symlinks=True)
    subprocess.run(["chmod", "-R", "a+rX", str(partial)], check=True)
    try:
        partial.rename(copy)
    except OSError:  # another start was first
        shutil.rmtree(partial)


def can(user: str, test: str, path: Path) -> bool:
    """Ask the system itself, as that account: modes, lists and mounts all count."""
    command = ["test", test, str(path)]
    asked = subprocess.run(
        command, check=False, user=user, group=group_of(user), extra_groups=[], cwd="/"
    )
    return asked.returncode == 0
