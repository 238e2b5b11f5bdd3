"""The build service by its command line: EAS CLI, or what takes the same commands, named in EAS_COMMAND.

It runs in the project's folder with a minimal environment. With ``--json`` it prints one JSON value on
stdout and talks to people on stderr (https://docs.expo.dev/eas/cli/). ``submit`` has no ``--json``: it
prints the submission's address. Needed are ``submit:list`` and ``submit:view``, so a CLI that has them.
"""

import asyncio
import re
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from jobs.errors import Discard, Garbage, NotConfigured, ProviderError
from jobs.providers.build_service import Platform, Remote, RemoteBuild, RemoteSubmission
from jobs.providers.command import Command, Finished, Hear, run
from jobs.settings import JobsSettings

R = TypeVar("R", bound=Remote)

MAX_SAID = 2_000
LISTED = "50"  # what EAS CLI caps a page at
SUBMISSION = re.compile(r"/submissions/([A-Za-z0-9][A-Za-z0-9-]{7,99})")
UNAUTHORIZED = re.compile(
    r"bearer token is invalid|EXPO_TOKEN|not logged in|eas login|unauthori[sz]ed|not authorized"
    r"|forbidden|permission denied",
    re.IGNORECASE,
)
REFUSED = re.compile(
    r"eas\.json|app\.json|app\.config|build profile|submit profile|missing .*profile|nonexistent flag"
    r"|unexpected argument|is not a valid|not found|does(n't| not) exist|entity not|limit exceeded",
    re.IGNORECASE,
)


class EasCommand:
    """One project, by the command line; see ``BuildService`` for what each method promises."""

    def __init__(
        self,
        settings: JobsSettings,
        folder: Path,
        hear: Hear,
        sending: asyncio.Semaphore,
        looking: asyncio.Semaphore,
    ) -> None:
        self._settings = settings
        self._program = self.check(settings)
        self._folder = folder
        self._hear = hear
        self._sending = sending
        self._looking = looking

    @staticmethod
    def check(settings: JobsSettings) -> list[str]:
        """Return EAS_COMMAND as a list. Raises NotConfigured, Discard when it names nothing here."""
        try:
            program = shlex.split(settings.eas_command)
        except ValueError as error:
            raise Discard(f"EAS_COMMAND cannot be read: {error}.", "not_configured") from error
        if not program:
            raise NotConfigured("EAS_COMMAND")
        if not settings.expo_token.get_secret_value():
            raise NotConfigured("EXPO_TOKEN")
        if shutil.which(program[0]) is None:
            missing = f"EAS_COMMAND names {program[0]}, which is no program on this worker."
            raise Discard(missing, "not_configured")
        return program

    async def start(self, platform: Platform, profile: str, message: str) -> RemoteBuild:
        """Send the project and begin a build."""
        wanted = ("--platform", platform, "--profile", profile, "--message", message)
        options = ("--json", "--non-interactive", "--no-wait")
        async with self._sending:
            finished = await self._run("build", *wanted, *options, listen=True)
        builds = many(RemoteBuild, finished.stdout)
        if not builds:
            raise Garbage("The build command told of no build.")
        return builds[0]

    async def find(self, platform: Platform, message: str) -> list[RemoteBuild]:
        """Return the builds of this message."""
        options = ("--platform", platform, "--limit", LISTED, "--json", "--non-interactive")
        finished = await self._look("build:list", *options)
        return [b for b in many(RemoteBuild, finished.stdout) if b.message == message]

    async def view(self, build_id: str) -> RemoteBuild:
        """Return a build."""
        finished = await self._look("build:view", build_id, "--json")
        return one(RemoteBuild, finished.stdout)

    async def cancel(self, build_id: str) -> None:
        """Stop a build."""
        await self._look("build:cancel", build_id, "--non-interactive")

    async def submit(self, platform: Platform, build_id: str, profile: str) -> str | None:
        """Hand a build to its store."""
        wanted = ("--platform", platform, "--profile", profile, "--id", build_id)
        async with self._sending:
            finished = await self._run(
                "submit", *wanted, "--non-interactive", "--no-wait", listen=True
            )
        told = SUBMISSION.search("\n".join([finished.stdout, *finished.last]))
        return told[1] if told else None

    async def find_submission(self, platform: Platform, build_id: str) -> RemoteSubmission | None:
        """Return the submission of a build."""
        options = ("--platform", platform, "--limit", LISTED, "--json", "--non-interactive")
        finished = await self._look("submit:list", *options)
        for found in many(RemoteSubmission, finished.stdout):
            build = found.submitted_build
            if build is not None and build.id == build_id and not found.spent:
                return found
        return None

    async def view_submission(self, submission_id: str) -> RemoteSubmission:
        """Return a submission."""
        finished = await self._look("submit:view", submission_id, "--json")
        return one(RemoteSubmission, finished.stdout)

    async def _look(self, *arguments: str) -> Finished:
        async with self._looking:
            return await self._run(*arguments)

    async def _run(self, *arguments: str, listen: bool = False) -> Finished:
        settings = self._settings
        seconds = settings.eas_send_seconds if listen else settings.eas_look_seconds
        command = Command(
            f"The {arguments[0]} command",
            [*self._program, *arguments],
            self._folder,
            self._environment(),
            timeout_seconds=seconds,
            grace_seconds=settings.eas_grace_seconds,
            secrets=(settings.expo_token.get_secret_value(),),
        )
        said = arguments[0] == "submit"
        finished = await run(command, self._say if listen else ignore, hear_stdout=said)
        if finished.code != 0:
            raise trouble(arguments[0], finished)
        return finished

    async def _say(self, line: str) -> None:
        await self._hear(f"{line}\n")

    def _environment(self) -> dict[str, str]:
        """Return what the command may know: the token is here and nowhere else."""
        told = {
            "EXPO_TOKEN": self._settings.expo_token.get_secret_value(),
            "CI": "1",
            "NO_COLOR": "1",
        }
        # Without git's word on what belongs to the project, all of the folder does.
        return told if (self._folder / ".git").exists() else {**told, "EAS_NO_VCS": "1"}


async def ignore(line: str) -> None:
    """Take no notice."""


def one(kind: type[R], text: str) -> R:
    """Return what a command printed as ``kind``. Raises Garbage."""
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise Garbage("The build command's answer makes no sense.") from error


def many(kind: type[R], text: str) -> list[R]:
    """Return the list a command printed; a list of nothing may be said by silence. Raises Garbage."""
    if not text.strip():
        return []
    try:
        return TypeAdapter(list[kind]).validate_json(text)  # type: ignore[valid-type]  # R is a class here
    except ValidationError as error:
        raise Garbage("The build command's answer makes no sense.") from error


def trouble(command: str, finished: Finished) -> Exception:
    """Return what a command's failure means, by what it said last."""
    said = "\n".join([finished.stdout[-MAX_SAID:], *finished.last])
    told = f"The {command} command failed ({finished.code}): {summary(said)}"
    if UNAUTHORIZED.search(said):
        return Discard(told, code="unauthorized")
    if REFUSED.search(said):
        return Discard(told, code="refused")
    return ProviderError(told)


def summary(said: str) -> str:
    """Return the end of what was said, short enough for a message."""
    lines: Sequence[str] = [line.strip() for line in said.splitlines() if line.strip()]
    return " ".join(lines[-3:])[:500] or "it said nothing."
