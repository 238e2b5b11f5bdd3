"""The `.data` folder: who holds it, the secrets in it, and where each part of the stack lives."""

import base64
import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from service.dev.ports import PORTS, free_port, is_free

SECRETS = ("JWT_SECRET", "SECRET_KEY")
TOLD = ("DATABASE_URL", "REDIS_URL", "STORAGE_URL", "ENV", "HOST", "PORT", *SECRETS)


class FolderHeldError(RuntimeError):
    """Another development stack is using the data folder."""


class DataFolder:
    """What stays between two runs of the development stack."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.postgres = self.path / "postgres"
        self.redis = self.path / "redis"
        self.uploads = self.path / "uploads"
        self._running = self.path / "running"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for this process; the system lets go of it however the process ends.

        Raises FolderHeldError.
        """
        self.path.mkdir(mode=0o755, parents=True, exist_ok=True)
        with (self.path / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise FolderHeldError(f"Another `make run` is using {self.path}.") from error
            yield

    @contextmanager
    def told(self, environment: Mapping[str, str]) -> Iterator[None]:
        """Let other programs of this user find what the stack's own are told, while it runs."""
        self._running.unlink(missing_ok=True)
        self._running.touch(mode=0o600)
        lines = [f"{name}={environment[name]}\n" for name in TOLD if name in environment]
        self._running.write_text("".join(lines))
        try:
            yield
        finally:
            self._running.unlink(missing_ok=True)

    def running(self) -> dict[str, str]:
        """Return what the stack that runs here tells its programs; nothing when none does."""
        try:
            with (self.path / "lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return pairs_of(self._running)
        except OSError:
            return {}
        return {}

    def sandbox_port(self) -> int:
        """Return where the sandbox listens: the same port every time, as long as nobody else took it.

        Connections that were made in an earlier run lead there.
        """
        file = self.path / "sandbox"
        kept = pairs_of(file).get("PORT", "")
        port = int(kept) if kept.isdecimal() else 0
        if port not in PORTS or not is_free(port):
            port = free_port()
            file.write_text(f"PORT={port}\n")
        return port

    def secrets(self) -> dict[str, str]:
        """Return the stack's secrets as environment variables, made on the first run."""
        file = self.path / "secret"
        if not file.exists():
            lines = [f"{name}={new_secret()}\n" for name in SECRETS]
            draft = self.path / "secret.new"
            draft.touch(mode=0o600)
            draft.write_text("".join(lines))
            draft.rename(file)
        return {name: os.environ.get(name) or value for name, value in pairs_of(file).items()}


def pairs_of(file: Path) -> dict[str, str]:
    """Return the KEY=VALUE lines of a file; nothing when it cannot be read."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = [line.partition("=") for line in lines if "=" in line and not line.startswith("#")]
    return {name.strip(): value.strip() for name, _, value in pairs}


def new_secret() -> str:
    """Return 32 random bytes in the form Fernet takes as a key."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
