"""What somebody answered to what they were asked at the start."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MOST_ANSWERS = 40
MOST_WORDS = 24_000
"""Characters of all answers together: some 6,000 tokens."""


class Answered(BaseModel):
    """A question, and what was answered; nothing, if it was passed over."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(min_length=1, max_length=500)
    answer: str = Field(max_length=4_000)


def telling(answers: list[Answered]) -> list[Answered]:
    """Return the answers that say something. Raises ValueError when none does, or all say too much."""
    told = [one for one in answers if one.answer.strip()]
    if not told:
        raise ValueError("nothing was answered")
    if sum(len(one.question) + len(one.answer) for one in told) > MOST_WORDS:
        raise ValueError(f"more than {MOST_WORDS:,} characters in all")
    return told


Answers = Annotated[list[Answered], Field(max_length=MOST_ANSWERS), AfterValidator(telling)]
