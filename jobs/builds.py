"""Builds as their owners see them: read and listed. What makes them is the kind ``build_publishing``."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from jobs.db import Database
from jobs.found import found
from jobs.kept.builds import BuildRow, State, find_build, list_builds
from jobs.page import Page
from jobs.place import Place
from jobs.resource import Resource
from realtime.caller import Caller


class BuildResource(Resource):
    """One app that a job builds, for one platform."""

    id: UUID
    job_id: UUID = Field(description="The job that builds it; Stop that to stop the build")
    platform: Literal["ios", "android"]
    profile: str = Field(description="The build profile in eas.json")
    project: str
    git_ref: str | None
    state: State
    remote_id: str | None = Field(description="Its id at the build service, once it has one")
    artifact_url: str | None = Field(description="Where the app can be fetched, once it is built")
    submission_id: str | None = Field(description="Of its way to the store")
    error: str | None = Field(description="Why it failed")
    created_at: datetime
    updated_at: datetime
    built_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, row: BuildRow) -> "BuildResource":
        """Return ``row`` as its owner sees it."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class BuildPage(Page[BuildResource]):
    """Some builds, newest first."""


class Builds:
    """What their owners may ask of builds. Others' do not exist."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(
        self, caller: Caller, job_id: UUID | None, after: str | None, limit: int
    ) -> BuildPage:
        """Return a page of the caller's builds, of one job if it is named. Raises BadCursor."""
        behind, owner = Place.behind(after), (caller.org, caller.user)
        rows = await list_builds(self._db, owner, job_id, behind, limit + 1)
        return BuildPage.cut(rows, limit, BuildResource.of)

    async def get(self, caller: Caller, build_id: UUID) -> BuildResource:
        """Return a build. Raises NotFound."""
        row = await find_build(self._db, caller.org, caller.user, build_id)
        return BuildResource.of(found(row))
