"""The front of the profiles: what a user may do with theirs. Others' do not exist."""

from collections.abc import Sequence
from uuid import UUID

from jobs.db import Database
from jobs.errors import InvalidArgs, NotFound
from jobs.found import found
from jobs.kept.profiles import ProfileRow, delete_profile, find_profile
from jobs.onboarding.accepting import accept
from jobs.profiles.resource import ProfileResource
from jobs.projects.front import check_version
from jobs.today import now_of
from realtime.caller import Caller

NO_SUGGESTION = "There is no such suggestion in your profile."


class Profiles:
    """One profile a user. Making it is a job's business."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, caller: Caller) -> ProfileResource:
        """Return the caller's profile. Raises NotFound."""
        async with self._db.session() as session:
            row = await find_profile(session, caller.org, caller.user)
        return ProfileResource.of(found(row))

    async def accept(
        self, caller: Caller, wanted: Sequence[UUID] | None, version: int | None
    ) -> ProfileResource:
        """Make projects of suggestions, of all for None; said again nothing more happens.

        Raises NotFound, VersionConflict, InvalidArgs, TooManyProjects, TooManyTasks.
        """
        async with self._db.session() as session:
            row = found(await find_profile(session, caller.org, caller.user, lock=True))
            check_version(row.version, version)
            check_wanted(row, wanted or ())
            moment, day = await now_of(session, caller.org, caller.user)
            return ProfileResource.of(await accept(session, row, wanted, moment, day))

    async def delete(self, caller: Caller) -> None:
        """Forget the caller's profile; projects made of it stay. Raises NotFound."""
        async with self._db.session() as session:
            if not await delete_profile(session, caller.org, caller.user):
                raise NotFound


def check_wanted(row: ProfileRow, wanted: Sequence[UUID]) -> None:
    """Refuse what the profile does not suggest. Raises InvalidArgs."""
    there = {UUID(one["id"]) for one in row.suggestions}
    faults = [
        {"pointer": f"/suggestions/{number}", "detail": NO_SUGGESTION}
        for number, ident in enumerate(wanted)
        if ident not in there
    ]
    if faults:
        raise InvalidArgs(faults, NO_SUGGESTION)
