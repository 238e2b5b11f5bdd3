"""What the runs of ``phase_generation`` came to: a job that finds its own here is done."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from jobs.kept.json_text import json_text
from jobs.kept.statement import run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

MOST_PLANS = 20
"""How many are remembered of a project; older ones are forgotten, their jobs ended long ago."""

FIND = "SELECT result FROM plans WHERE id = $1 AND org_id = $2 AND user_id = $3"

KEEP = """
INSERT INTO plans (id, org_id, user_id, project_id, result) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO NOTHING
"""

FORGET = """
DELETE FROM plans WHERE project_id = $1 AND id IN (
  SELECT id FROM plans WHERE project_id = $1 ORDER BY created_at DESC, id DESC OFFSET $2)
"""


@dataclass(frozen=True, slots=True)
class NewPlan:
    """One run, named by its job."""

    id: UUID
    org_id: str
    user_id: str
    project_id: UUID
    result: Any


async def find_plan(session: "AsyncSession", org: str, user: str, job: UUID) -> Any:
    """Return the result of a job that has kept its plan, None when it has not."""
    found = await run(session, FIND, job, org, user)
    row = found.mappings().first()
    return row["result"] if row else None


async def keep_plan(session: "AsyncSession", plan: NewPlan) -> None:
    """Keep a run of a project's, and forget its oldest."""
    values = (plan.id, plan.org_id, plan.user_id, plan.project_id, json_text(plan.result))
    await run(session, KEEP, *values)
    await run(session, FORGET, plan.project_id, MOST_PLANS)
