"""What an outline or a transcript tells, as results and resources show it. Pages count from 1."""

import datetime as dates
from typing import Literal

from pydantic import BaseModel, Field


class TermFound(BaseModel):
    """A term the document names."""

    name: str
    season: str = Field(description="fall, winter, spring, summer, year or term")
    year: int
    page: int = Field(1, description="Where it is named first")


class CourseFound(BaseModel):
    """A course the document introduces. A transcript's courses have the term and the grade, too."""

    code: str
    title: str
    credits: float | None = None
    grade: str | None = None
    term: str | None = Field(None, description="The name of a term; in transcripts only")
    page: int = 1


class EventFound(BaseModel):
    """Something that happens on a day, or from ``date`` to ``end_date``."""

    date: dates.date
    end_date: dates.date | None = None
    time: str | None = Field(None, description="HH:MM in the timeline's time zone")
    title: str
    type: Literal["lecture", "assignment", "exam", "reading", "deadline", "holiday", "other"]
    course: str | None = None
    weight: float | None = Field(None, description="Share of the grade in per cent")
    page: int
