"""Keeping a build as an attempt of its job would."""

from uuid import UUID

from starlette.applications import Starlette

from jobs.ids import uuid7
from jobs.kept.builds import BuildRow, begin_build


async def keep(
    app: Starlette, job: UUID, user: str = "ann", platform: str = "ios", org: str = ""
) -> BuildRow:
    """Begin a build; the org is the user's own unless it is named."""
    wanted = BuildRow(
        *(uuid7(), org or user, user, job, 1, platform, "production", "garden", None, "starting")  # type: ignore[arg-type]
    )
    async with app.state.resources.db.session() as session:
        kept = await begin_build(session, wanted)
    assert kept is not None
    return kept
