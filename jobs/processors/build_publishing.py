"""Kind ``build_publishing``: an app is built by a build service, followed, and handed to its store."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from jobs.context import Context
from jobs.errors import Discard, NotFound
from jobs.ids import derived_uuid7
from jobs.kept.builds import BuildRow, begin_build, builds_of_job
from jobs.processor import processor
from jobs.providers.build_service import Platform
from jobs.providers.unbroken import to_the_end
from jobs.retry import exponential
from jobs.shipment import WORDS, Shipment, Superseded

WITHDRAW_SECONDS = 30.0
SLOWER, SLOWEST = 1.2, 3.0

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
"""A name as it may stand in a command line and be a folder's: no option, no way up."""


class Args(BaseModel):
    """Which project to build, for what, and whether the app goes to its store."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"project": "garden", "platform": "android", "submit": True}]
        },
    )

    project: Name | None = Field(None, description="A project the operator keeps for your org")
    ref: str | None = Field(
        None,
        max_length=200,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$",
        description="Branch, tag or commit of the project; default: the folder as it stands",
    )
    upload_id: UUID | None = Field(
        None,
        description="An uploaded project instead: ZIP or tar, if the operator allows it",
        json_schema_extra={"x-upload": True},
    )
    platform: Literal["ios", "android", "all"] = "all"
    profile: Name = Field("production", description="The build profile in eas.json")
    submit: bool = Field(False, description="Hand the app to its store once it is built")
    submit_profile: Name | None = Field(
        None, description="The submit profile in eas.json, which names the track; default: profile"
    )

    @model_validator(mode="after")
    def one_source(self) -> Self:
        """Refuse none or two projects, and a ref of an upload."""
        if (self.project is None) == (self.upload_id is None):
            raise ValueError("give exactly one of project and upload_id")
        if self.ref is not None and self.project is None:
            raise ValueError("only a project has refs, an upload has none")
        return self

    @property
    def platforms(self) -> Sequence[Platform]:
        """Return the platforms to build for."""
        return ("ios", "android") if self.platform == "all" else (self.platform,)

    @property
    def store_profile(self) -> str | None:
        """Return how it goes to the store, None when it does not."""
        return (self.submit_profile or self.profile) if self.submit else None


class Published(BaseModel):
    """One app that was built, and submitted if that was wanted."""

    build_id: UUID = Field(description="See /api/builds/{id}")
    platform: Platform
    state: Literal["built", "submitted"]
    remote_id: str = Field(description="The build's id at the build service")
    artifact_url: str | None = Field(None, description="Where the app can be fetched")
    submission_id: str | None = None


class Result(BaseModel):
    """What was built."""

    builds: list[Published]


@processor(
    "build_publishing",
    timeout=timedelta(minutes=45),
    max_attempts=3,
    backoff=exponential(timedelta(seconds=10)),
    notify=True,
    uses_up="upload_id",
)
async def build_publishing(context: Context, args: Args) -> Result:
    """Build an app with the command line named in EAS_COMMAND and submit it to its store.

    Running it twice goes on with the same remote build and the same submission: each job and platform has
    one row, written around every step, and before a build or a submission is made, one that may exist
    already is looked for by the job's id in its message, by the build it submits. A deploy, a crash or a
    time-out leaves the remote build running for the next attempt; Stop cancels it.
    """
    builds = await published_before(context, args)
    if not builds:
        context.providers.builds.check()
        async with project_folder(context, args) as folder:
            builds = await publish(context, args, folder)
    result = Result(builds=[Published(build_id=build.id, **shared(build)) for build in builds])
    if args.upload_id is not None:
        await context.storage.remove(args.upload_id)
    await context.progress(1.0, "; ".join(f"{WORDS[b.platform]}: {b.state}" for b in builds))
    await context.notify("build_published", result.model_dump(mode="json"))
    return result


def shared(build: BuildRow) -> dict[str, object]:
    """Return the fields that a row and a result share."""
    same = set(Published.model_fields) - {"build_id"}
    return {name: getattr(build, name) for name in same}


async def published_before(context: Context, args: Args) -> Sequence[BuildRow]:
    """Return the builds if an attempt before this one came to the end with all of them."""
    async with context.db() as session:
        builds = await builds_of_job(session, context.org, context.user, context.job.id)
    end = "submitted" if args.submit else "built"
    whole = len(builds) == len(args.platforms) and all(build.state == end for build in builds)
    return builds if whole else ()


@asynccontextmanager
async def project_folder(context: Context, args: Args) -> AsyncIterator[Path]:
    """Give the folder of the project; one that was made for this is gone at the end. Raises Discard."""
    await context.progress(0.0, "Preparing the project")
    projects = context.providers.builds.projects
    if args.project is not None and args.ref is None:
        yield projects.find(context.org, args.project)
        return
    async with projects.workspace() as workspace:
        if args.project is not None and args.ref is not None:
            kept = projects.find(context.org, args.project)
            folder, commit = await projects.state(kept, args.ref, workspace)
            await context.log(f"{args.project} at {args.ref}", commit=commit)
            yield folder
        else:
            yield await unpacked(context, args, workspace)


async def unpacked(context: Context, args: Args, workspace: Path) -> Path:
    """Return the folder of an uploaded project. Raises Discard."""
    projects = context.providers.builds.projects
    if not projects.uploads_allowed:
        raise Discard("Uploaded projects are not built here.", code="uploads_not_allowed")
    assert args.upload_id is not None  # noqa: S101 - the model has checked it; for mypy
    try:
        upload = await context.storage.find(args.upload_id)
        data = await context.storage.read(upload)
    except NotFound as error:
        raise Discard(str(error), code="not_found") from error
    await context.log(f"{upload.name}: {upload.size} bytes", sha256=upload.sha256)
    from jobs.providers.archives import unpack  # noqa: PLC0415 - tarfile, zipfile: only where used

    folder = str(workspace)
    return Path(await context.run_in_process(unpack, data, folder, projects.max_bytes))


async def publish(context: Context, args: Args, folder: Path) -> Sequence[BuildRow]:
    """Take every platform's build to its end. Raises Discard when one of them failed."""
    shipments = [await shipment(context, args, folder, platform) for platform in args.platforms]
    try:
        await follow(context, shipments)
    except asyncio.CancelledError:
        if context.cancelled:
            await to_the_end(withdraw(context, shipments))
        raise
    builds = [shipment.row for shipment in shipments]
    if failed := [build for build in builds if build.state == "failed"]:
        raise await failure(context, failed)
    return builds


async def shipment(context: Context, args: Args, folder: Path, platform: Platform) -> Shipment:
    """Take over the row of a platform's build, made if this is the first attempt."""
    wanted = BuildRow(
        id=derived_uuid7(context.job.id, f"build.{platform}"),
        org_id=context.org,
        user_id=context.user,
        job_id=context.job.id,
        attempt=context.attempt,
        platform=platform,
        profile=args.profile,
        project=args.project or f"upload {args.upload_id}",
        git_ref=args.ref,
        state="starting",
    )
    async with context.db() as session:
        row = await begin_build(session, wanted)
    if row is None:
        raise Superseded
    builds = context.providers.builds
    service = builds.at(folder, context.output)
    return Shipment(context, service, builds.log(), row, args.store_profile)


async def follow(context: Context, shipments: Sequence[Shipment]) -> None:
    """Take steps until all are done; wait in between only when nothing moved."""
    waits = pace(context.providers.builds.poll_seconds)
    while pending := [shipment for shipment in shipments if not shipment.done]:
        await tell(context, shipments)
        moved = [await shipment.step() for shipment in pending]
        await tell(context, shipments)
        if not any(moved):
            await context.sleep(next(waits))


def pace(first: float) -> Iterator[float]:
    """Yield waits in seconds: ever longer, up to a bound."""
    wait = first
    while True:
        yield wait
        wait = min(wait * SLOWER, first * SLOWEST)


async def tell(context: Context, shipments: Sequence[Shipment]) -> None:
    """Say how far the builds are, and what those under way do."""
    fraction = sum(shipment.fraction for shipment in shipments) / len(shipments)
    doing = [shipment.doing for shipment in shipments if not shipment.done]
    await context.progress(fraction, "; ".join(doing))


async def withdraw(context: Context, shipments: Sequence[Shipment]) -> None:
    """Cancel what runs at the build service, within a bound of time."""
    try:
        async with asyncio.timeout(WITHDRAW_SECONDS):
            for shipment in shipments:
                await shipment.withdraw()
    except TimeoutError:
        await context.log(f"Cancelling took longer than {WITHDRAW_SECONDS:g} seconds.")


async def failure(context: Context, failed: Sequence[BuildRow]) -> Discard:
    """Tell the owner what failed; return the outcome."""
    told = "; ".join(f"{WORDS[build.platform]}: {build.error}" for build in failed)
    code = "submission_failed" if all(build.built_at for build in failed) else "build_failed"
    await context.notify("build_failed", {"code": code, "reason": told})
    return Discard(told, code=code, told=True)
