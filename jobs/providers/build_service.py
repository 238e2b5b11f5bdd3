"""What a build service can do, and what it tells of builds and submissions, in EAS's own words."""

from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

Platform = Literal["ios", "android"]
Ident = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,99}$")]
"""An id as it may stand in a command line: it never looks like an option."""

MAX_URL = 2_000
MAX_REASON = 1_000


def lowered(value: Any) -> Any:
    """Return text in lower case."""
    return value.lower() if isinstance(value, str) else value


class Told(BaseModel):
    """Part of an answer of the service; what we have no use for is ignored."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True
    )


class Trouble(Told):
    """Why something failed there."""

    error_code: str | None = None
    message: str | None = None


class Artifacts(Told):
    """What a build made. ``application_archive_url`` is the app, in older versions ``build_url``."""

    application_archive_url: str | None = Field(None, max_length=MAX_URL)
    build_url: str | None = Field(None, max_length=MAX_URL)


class Remote(Told):
    """Something the service works on: a build or a submission."""

    id: Ident
    status: str
    platform: Annotated[str, BeforeValidator(lowered)] = ""
    error: Trouble | None = None

    @property
    def finished(self) -> bool:
        """Return whether it went well."""
        return self.status == "FINISHED"

    @property
    def over(self) -> bool:
        """Return whether nothing more will happen; a word we do not know is taken for work."""
        return self.status in {"FINISHED", "ERRORED", "CANCELED"}

    @property
    def spent(self) -> bool:
        """Return whether nothing will come of it."""
        return self.status in {"ERRORED", "CANCELED", "PENDING_CANCEL"}

    @property
    def reason(self) -> str:
        """Return in words why it did not go well."""
        if self.error is not None and self.error.message:
            return self.error.message[:MAX_REASON]
        return "It was cancelled." if self.status == "CANCELED" else "No reason was given."


class RemoteBuild(Remote):
    """A build, as the service has it. ``message`` is what it was begun with."""

    message: str = ""
    artifacts: Artifacts | None = None
    log_files: tuple[str, ...] = ()
    queue_position: int | None = None

    @property
    def artifact_url(self) -> str | None:
        """Return where the app can be fetched, once there is one."""
        if self.artifacts is None:
            return None
        return self.artifacts.application_archive_url or self.artifacts.build_url


class Submitted(Told):
    """The build a submission hands to a store."""

    id: Ident


class RemoteSubmission(Remote):
    """A submission to a store, as the service has it."""

    submitted_build: Submitted | None = None


class BuildService(Protocol):
    """One project at a build service.

    Everything raises Discard for what will not get better (``unauthorized``, ``refused``), ProviderError
    for what may, ``Garbage`` for an answer that makes no sense.
    """

    async def start(self, platform: Platform, profile: str, message: str) -> RemoteBuild:
        """Send the project and begin a build. Not idempotent: look by ``find`` first."""

    async def find(self, platform: Platform, message: str) -> list[RemoteBuild]:
        """Return the newest builds that were begun with ``message``, newest first."""

    async def view(self, build_id: str) -> RemoteBuild:
        """Return a build as it is now."""

    async def cancel(self, build_id: str) -> None:
        """Stop a build; harmless when it is over."""

    async def submit(self, platform: Platform, build_id: str, profile: str) -> str | None:
        """Hand a build to its store; return the submission's id if it was told.

        Not idempotent: look by ``find_submission`` first.
        """

    async def find_submission(self, platform: Platform, build_id: str) -> RemoteSubmission | None:
        """Return the newest submission of a build that has not failed, if there is one."""

    async def view_submission(self, submission_id: str) -> RemoteSubmission:
        """Return a submission as it is now."""
