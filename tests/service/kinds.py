"""Kinds of job for the front door's tests; nothing here is run."""

from pydantic import BaseModel, Field

from jobs import Context, processor


class Text(BaseModel):
    text: str = Field(max_length=1000)
    times: int = 1


@processor("say")
async def say(context: Context, args: Text) -> Text:
    """Say it again; twice is harmless."""
    return args
