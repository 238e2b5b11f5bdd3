"""How briefs look from outside: in a list by their titles, alone with all they tell."""

import datetime as dates
from datetime import datetime
from uuid import UUID

from pydantic import Field

from jobs.kept.briefs import BriefRow
from jobs.page import Page
from jobs.providers.llm_usage import Usage
from jobs.resource import Resource


class BriefSummary(Resource):
    """A brief in a list."""

    id: UUID = Field(description="Also the id of the job that wrote it")
    day: dates.date = Field(description="On its reader's clock")
    timezone: str = Field(description="Where that clock hung")
    title: str
    tasks: int = Field(description="How many tasks it tells of")
    events: int = Field(description="How many events it tells of")
    by_email: bool = Field(description="Whether it goes by e-mail, too")
    created_at: datetime
    opened_at: datetime | None = Field(description="When it, or its inbox entry, was first read")

    @classmethod
    def of(cls, row: BriefRow) -> "BriefSummary":
        """Return ``row`` as its reader sees it."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class BriefPage(Page[BriefSummary]):
    """Some briefs, newest first."""


class BriefResource(BriefSummary):
    """A brief with its text."""

    body: str = Field(description="Markdown")
    model: str = Field(description="Which model worded it; empty when none did")
    usage: Usage = Field(description="What that took, failed attempts included")

    @classmethod
    def of(cls, row: BriefRow) -> "BriefResource":
        """Return ``row`` as its reader sees it."""
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields})
