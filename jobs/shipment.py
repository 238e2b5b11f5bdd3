"""One build on its way: begun, followed, handed to its store; each step is written down around it."""

from dataclasses import replace
from typing import Any

from jobs.context import Context
from jobs.errors import Discard, JobError, ProviderError
from jobs.kept.builds import BuildRow, change_build
from jobs.providers.build_log import BuildLog, LogLine
from jobs.providers.build_service import BuildService, RemoteBuild

MOST_MISSES = 5
LOOKS_FOR_SUBMISSION = 5
USUAL_PHASES = 16
WORDS = {"ios": "iOS", "android": "Android"}
FRACTIONS = {"starting": 0.02, "building": 0.1, "built": 0.85, "submitting": 0.9}
PHASES_WORTH = 0.7


class Shipment:
    """One build of a job's. ``submit_profile`` is how it goes to the store, None that it does not.

    ``step`` takes it further by what its row says. So an attempt that finds the row half way goes on there:
    a build or submission that may exist is looked for by what it must bear before another is made.
    """

    def __init__(
        self,
        context: Context,
        service: BuildService,
        log: BuildLog,
        row: BuildRow,
        submit_profile: str | None,
    ) -> None:
        self.row = row
        self.doing = f"Starting the {WORDS[row.platform]} build"
        self._context = context
        self._service = service
        self._log = log
        self._submit_profile = submit_profile
        self._phases: dict[str, None] = {}
        self._misses = 0
        self._log_trouble = ""

    @property
    def done(self) -> bool:
        """Return whether there is nothing left to do, however it ended."""
        if self.row.state == "built":
            return self._submit_profile is None
        return self.row.state in {"submitted", "failed", "cancelled"}

    @property
    def fraction(self) -> float:
        """Return how far it is, 0 to 1. A build under way is measured by the phases its log told of."""
        if self.done:
            return 1.0
        phases = min(len(self._phases) / USUAL_PHASES, 1.0) * PHASES_WORTH
        return FRACTIONS[self.row.state] + (phases if self.row.state == "building" else 0.0)

    @property
    def message(self) -> str:
        """Return what the build is begun with, at every attempt: by it the build is found again."""
        return f"jobcast:{self.row.job_id}"

    async def step(self) -> bool:
        """Take the next step; False when there is nothing to do but wait.

        Raises Discard, and ProviderError when the service failed several times in a row.
        """
        try:
            moved = await self._next()
        except ProviderError as error:
            self._misses += 1
            if self.row.state not in {"building", "submitting"} or self._misses >= MOST_MISSES:
                raise
            await self._context.log(f"{error} Looking again.")
            return False
        self._misses = 0
        return moved

    async def withdraw(self) -> None:
        """Stop the build for good; that it cannot be stopped is said."""
        if self.done:
            return
        name = WORDS[self.row.platform]
        try:
            if self.row.state in {"starting", "building"}:
                known = self.row.remote_id or await self._found()
                if known is not None:
                    await self._service.cancel(known)
                    await self._context.log(f"The {name} build was cancelled.")
            await self._keep(state="cancelled", finished=True)
        except JobError as error:
            await self._context.log(f"The {name} build could not be cancelled: {error}")

    async def _next(self) -> bool:
        match self.row.state:
            case "starting":
                await self._begin()
            case "building":
                return await self._look()
            case "built":
                self.doing = f"Handing the {WORDS[self.row.platform]} app to its store"
                await self._keep(state="submitting")
            case "submitting" if self.row.submission_id is None:
                await self._submit()
            case "submitting":
                return await self._look_at_store()
        return True

    async def _begin(self) -> None:
        """Begin the build, unless an earlier attempt did and could not write it down."""
        known = await self._found() if self._context.attempt > 1 else None
        if known is None:
            row = self.row
            known = (await self._service.start(row.platform, row.profile, self.message)).id
        else:
            await self._context.log(f"Found the build {known} of an earlier attempt.")
        await self._keep(state="building", remote_id=known)
        self.doing = f"Building for {WORDS[self.row.platform]}"

    async def _found(self) -> str | None:
        builds = await self._service.find(self.row.platform, self.message)
        return next((build.id for build in builds if not build.spent), None)

    async def _look(self) -> bool:
        build = await self._service.view(self._remote_id)
        await self._tell_log(build)
        if not build.over:
            self._describe(build)
            return False
        await self._cancel_twins()
        if build.finished:
            await self._keep(state="built", artifact_url=build.artifact_url)
            await self._context.log(f"The {WORDS[self.row.platform]} app is built.")
        else:
            await self._keep(state="failed", error=build.reason, finished=True)
        return True

    async def _cancel_twins(self) -> None:
        """Cancel builds that an attempt began after this one had looked for them and found none.

        Its worker was cut off, its command was not: the lease cannot reach what is on its way out.
        """
        if self._context.attempt == 1:
            return
        for twin in await self._service.find(self.row.platform, self.message):
            if twin.id != self.row.remote_id and not (twin.over or twin.spent):
                await self._service.cancel(twin.id)
                await self._context.log(f"Cancelled the build {twin.id}, which is one too many.")

    def _describe(self, build: RemoteBuild) -> None:
        phase = next(reversed(self._phases), "").replace("_", " ").lower()
        waiting = build.status in {"NEW", "IN_QUEUE"}
        place = f", place {build.queue_position} in the queue" if build.queue_position else ""
        told = f": waiting{place}" if waiting else f": {phase}" if phase else ""
        self.doing = f"Building for {WORDS[self.row.platform]}{told}"

    async def _tell_log(self, build: RemoteBuild) -> None:
        """Show what is new in the build's log; that it cannot be read fails nothing."""
        try:
            lines = await self._log.more(build.log_files)
        except (Discard, ProviderError) as error:
            if self._log_trouble != str(error):
                self._log_trouble = str(error)
                await self._context.log(f"The build's log cannot be read: {error}")
            return
        self._phases |= {line.phase: None for line in lines if line.phase}
        if lines:
            await self._context.output("".join(map(shown, lines)))

    async def _submit(self) -> None:
        """Submit the build, unless an earlier attempt did and could not write it down."""
        platform, build_id = self.row.platform, self._remote_id
        found = await self._service.find_submission(platform, build_id)
        known = found.id if found else None
        if found is None:
            known = await self._service.submit(platform, build_id, self._submit_profile or "")
            known = known or await self._seek_submission()
        await self._keep(submission_id=known)
        await self._context.log(f"The {WORDS[platform]} app is on its way to its store.")

    async def _seek_submission(self) -> str:
        """Find a submission that was made but not named. Raises Discard: it must not be made twice."""
        for _ in range(LOOKS_FOR_SUBMISSION):
            found = await self._service.find_submission(self.row.platform, self._remote_id)
            if found is not None:
                return found.id
            await self._context.sleep(self._context.providers.builds.poll_seconds)
        raise Discard("The app was submitted, but no submission can be found.", "submission_lost")

    async def _look_at_store(self) -> bool:
        submission = await self._service.view_submission(str(self.row.submission_id))
        if not submission.over:
            return False
        if submission.finished:
            await self._keep(state="submitted", finished=True)
        else:
            await self._keep(state="failed", error=submission.reason, finished=True)
        return True

    @property
    def _remote_id(self) -> str:
        assert self.row.remote_id is not None  # noqa: S101 - set with the state; for mypy
        return self.row.remote_id

    async def _keep(self, *, finished: bool = False, **changes: Any) -> None:
        """Write a step down. Raises ProviderError when another attempt has the build by now."""
        row = replace(self.row, **changes)
        over = finished or (row.state == "built" and self._submit_profile is None)
        async with self._context.db() as session:
            kept = await change_build(session, row, finished=over)
        if kept is None:
            raise Superseded
        self.row = kept


class Superseded(JobError):
    """A later attempt of this job goes on with the build."""

    code = "superseded"


def shown(line: LogLine) -> str:
    """Return a line of a build's log as text."""
    return f"{line.text}\n"
