"""Putting a plan in the place of what earlier ones made and nobody has touched."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from jobs.kept.phases import keep_phases, make_room, plan_of
from jobs.kept.tasks import keep_tasks
from jobs.planning.plan import Plan
from jobs.planning.rows import Maker, phases_of, tasks_of
from jobs.planning.standing import parted

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class Replaced:
    """How much made room."""

    phases: int
    tasks: int


async def put(
    session: "AsyncSession", plan: Plan, job: UUID, owner: tuple[str, str], project: UUID
) -> Replaced:
    """Keep a plan's phases and tasks behind those that stay; those that may go make room.

    The project must be locked: of two plans at once the second finds the first.
    """
    standing = parted(*await plan_of(session, *owner, project, lock=True), project)
    await make_room(session, *owner, standing.gone_phases, standing.gone_tasks)
    maker = Maker(job, *owner, project, *standing.places)
    await keep_phases(session, phases_of(plan, maker))
    await keep_tasks(session, tasks_of(plan, maker))
    return Replaced(len(standing.gone_phases), len(standing.gone_tasks))
