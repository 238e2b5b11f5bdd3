"""A kind's own clock: when to look for what is due, and how that is found."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cronsim import CronSim, CronSimError
from pydantic import BaseModel

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Due:
    """One job to be submitted, in the name of its owner.

    While a job of the kind with the same ``unique_key`` is unfinished, no second one is made.
    """

    org: str
    user: str
    args: BaseModel | Mapping[str, Any]
    unique_key: str


FindDue = Callable[["AsyncSession", datetime, int], Awaitable[Sequence[Due]]]


@dataclass(frozen=True, slots=True)
class Tick:
    """At each tick of ``cron`` (in UTC) one worker asks ``due`` for what is due, and submits it.

    ``due`` is ``async (session, now, limit)``, most urgent first, at most ``limit``; ``now`` is the
    database's. It may move rows on in the session, which is committed once the jobs are. It is asked again
    as long as it fills the limit with something new. Raises TypeError for a cron that is none.
    """

    cron: str
    due: FindDue

    def __post_init__(self) -> None:
        try:
            CronSim(self.cron, SOME_TIME)
        except CronSimError as error:
            raise TypeError(f"{self.cron!r} is no cron expression: {error}") from error
