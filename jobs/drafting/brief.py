"""What to write about, for whom, and what for."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

KeyPoint = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]


class Brief(BaseModel):
    """What to write about."""

    model_config = ConfigDict(extra="forbid")

    topic: str = Field(min_length=1, max_length=500, description="What it is about")
    audience: str = Field("", max_length=500, description="Who reads it")
    goal: str = Field("", max_length=500, description="What readers shall know or do afterwards")
    key_points: list[KeyPoint] = Field(
        default_factory=list, max_length=20, description="What must be said"
    )
