"""Having a calendar synced: one job for all who want it, however many they are."""

from jobs.acceptance import Acceptance, Submission
from jobs.kept.syncs import sync_key
from jobs.store.calendars import CalendarRow
from realtime.caller import Caller

KIND = "calendar_sync"
SCOPES = frozenset({"jobs:write"})


class Syncs:
    """Submits the jobs. They come with what others asked for, so no quota counts them."""

    def __init__(self, acceptance: Acceptance) -> None:
        self._acceptance = acceptance

    async def submit(self, row: CalendarRow, **why: object) -> None:
        """Have a calendar synced that was touched before, unless a job is already on its way to it.

        ``why`` becomes the job's metadata. Raises Unavailable.
        """
        owner = Caller(row.user_id, row.org_id, SCOPES)
        key = sync_key(row.id, row.round)
        wanted = Submission(KIND, {"calendar_id": str(row.id)}, unique_key=key, metadata=why)
        await self._acceptance.take(self._acceptance.build(owner, wanted))


def own(caller: Caller) -> tuple[str, str]:
    """Return whose calendars the caller's are."""
    return caller.org, caller.user
