"""Suggestions become projects with their first tasks: each once, all that are accepted together or none."""

from collections.abc import Collection
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from jobs.errors import TooManyProjects, TooManyTasks
from jobs.kept.profiles import ProfileRow, keep_suggestions
from jobs.kept.projects import MOST_PROJECTS, count_projects, keep_project
from jobs.kept.tasks import MOST_TASKS, count_tasks, keep_tasks
from jobs.onboarding.suggestions import Suggestion, project_of, tasks_of

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession


async def accept(
    session: "AsyncSession",
    profile: ProfileRow,
    wanted: Collection[UUID] | None,
    moment: datetime,
    day: date,
) -> ProfileRow:
    """Make projects of suggestions, of all for None; what is one already stays as it is.

    The profile must be locked. ``day`` is the user's at the ``moment``. Raises TooManyProjects and
    TooManyTasks, and then makes none.
    """
    kept = [Suggestion.model_validate(one) for one in profile.suggestions]
    new = [one for one in kept if not one.accepted_at and (wanted is None or one.id in wanted)]
    if not new:
        return profile
    owner = (profile.org_id, profile.user_id)
    await refuse_too_many(session, owner, new)
    for one in new:
        await keep_project(session, project_of(one, owner, profile.job_id, day))
        await keep_tasks(session, tasks_of(one, owner, profile.job_id, day))
    now = {one.id: one.model_copy(update={"accepted_at": moment}) for one in new}
    told = [now.get(one.id, one).model_dump(mode="json") for one in kept]
    return await keep_suggestions(session, *owner, told)


async def refuse_too_many(
    session: "AsyncSession", owner: tuple[str, str], new: Collection[Suggestion]
) -> None:
    """Raise TooManyProjects or TooManyTasks when the user would have more than one may."""
    if await count_projects(session, *owner) + len(new) > MOST_PROJECTS:
        raise TooManyProjects(MOST_PROJECTS)
    if await count_tasks(session, *owner) + sum(len(one.tasks) for one in new) > MOST_TASKS:
        raise TooManyTasks(MOST_TASKS)
