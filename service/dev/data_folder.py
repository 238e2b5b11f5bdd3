"""The `.data` folder: who holds it, the secrets in it, and where each part of the stack lives."""

import base64
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECRETS = ("JWT_SECRET", "SECRET_KEY")


class FolderHeldError(RuntimeError):
    """Another development stack is using the data folder."""


class DataFolder:
    """What stays between two runs of the development stack."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.postgres = self.path / "postgres"
        self.redis = self.path / "redis"
        self.uploads = self.path / "uploads"

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

    def secrets(self) -> dict[str, str]:
        """Return the stack's secrets as environment variables, made on the first run."""
        file = self.path / "secret"
        if not file.exists():
            lines = [f"{name}={new_secret()}\n" for name in SECRETS]
            draft = self.path / "secret.new"
            draft.touch(mode=0o600)
            draft.write_text("".join(lines))
            draft.rename(file)
        pairs = (line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)
        return {name: os.environ.get(name) or value for name, value in pairs}


def new_secret() -> str:
    """Return 32 random bytes in the form Fernet takes as a key."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
