"""How a profile looks from outside."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from jobs.kept.profiles import ProfileRow
from jobs.onboarding.portrait import About
from jobs.onboarding.suggestions import Suggestion
from jobs.providers.llm_usage import Usage
from jobs.resource import Resource


class ProfileResource(Resource):
    """What the newest analysis says of its user. ``version`` grows with every change."""

    job_id: UUID = Field(description="The job that made it")
    language: str
    about: About
    suggestions: list[Suggestion] = Field(description="Projects that would fit, the best first")
    model: str
    usage: Usage
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: ProfileRow) -> "ProfileResource":
        """Return ``row`` as its owner sees it."""
        return cls.model_validate(row, from_attributes=True)
