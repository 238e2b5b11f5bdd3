"""The folder a build command runs in: a project the operator keeps, or a copy made for one job.

EAS_PROJECTS is a folder with one folder an org, and in each one folder a project; those in ``_shared`` are
every org's.
"""

import asyncio
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from jobs.errors import Discard, NotConfigured, ProviderError
from jobs.providers.command import Command, Finished, run
from jobs.providers.unbroken import to_the_end
from jobs.settings import JobsSettings

SHARED = "_shared"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")
"""What may be a folder's name: never hidden, never a way up."""

GIT_SECONDS = 120.0
LEFT_SECONDS = 2 * 24 * 3600.0
PREFIX = "jobcast-build-"


class BuildProjects:
    """Finds and makes project folders."""

    def __init__(self, settings: JobsSettings) -> None:
        self._root = settings.eas_projects
        self.uploads_allowed = settings.eas_uploads
        self.max_bytes = settings.eas_max_project_bytes

    def find(self, org: str, name: str) -> Path:
        """Return a project's folder. Raises NotConfigured, Discard when the org has no such project."""
        if not self._root:
            raise NotConfigured("EAS_PROJECTS")
        for owner in (org, SHARED):
            folder = Path(self._root).resolve() / owner / name
            if (
                (owner == SHARED or NAME.fullmatch(owner))
                and NAME.fullmatch(name)
                and folder.is_dir()
            ):
                return folder
        raise Discard(f"There is no project named {name}.", code="not_found")

    @asynccontextmanager
    async def workspace(self) -> AsyncIterator[Path]:
        """Make an empty folder; it is gone at the end of the block."""
        folder = await asyncio.to_thread(new_folder)
        try:
            yield Path(folder)
        finally:
            await to_the_end(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))

    async def state(self, project: Path, ref: str, workspace: Path) -> tuple[Path, str]:
        """Return a copy of a project as of a git ref, and the commit that it names.

        What git does not track (``node_modules``) is not in it. Raises Discard for an unknown ref.
        """
        if not (project / ".git").exists():
            raise Discard(f"{project.name} is kept without git; leave ref out.", code="no_refs")
        if shutil.which("git") is None:
            raise Discard("git is no program on this worker.", code="not_configured")
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        commit = (await git(project, asked)).stdout.strip()
        if not commit:
            raise Discard(f"{project.name} has no {ref}.", code="not_found")
        copy = workspace / project.name
        cloned = await git(
            project, ("clone", "--quiet", "--no-checkout", "--shared", ".", str(copy))
        )
        checked_out = await git(copy, ("checkout", "--quiet", "--detach", commit))
        for finished in (cloned, checked_out):
            if finished.code != 0:
                raise ProviderError(f"git failed: {' '.join(finished.last)[:500]}")
        return copy, commit


def new_folder() -> str:
    """Make a folder for temporary use; remove those that workers left behind which were killed."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # gone meanwhile, or somebody else's
            if time.time() - left.stat().st_mtime > LEFT_SECONDS:
                shutil.rmtree(left)
    return tempfile.mkdtemp(prefix=PREFIX)


async def git(folder: Path, arguments: Sequence[str]) -> Finished:
    """Run git in a folder."""
    trusting = ("-c", f"safe.directory={folder}")  # the operator's own, whoever's user we are
    command = Command(
        "git", ["git", *trusting, *arguments], folder, {"GIT_TERMINAL_PROMPT": "0"}, GIT_SECONDS
    )
    return await run(command, ignore)


async def ignore(line: str) -> None:
    """Take no notice."""
