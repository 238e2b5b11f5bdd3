"""A kind that does nothing but tell that it did, for people who are told too much."""

from pydantic import BaseModel

from jobs import Context, processor


class Args(BaseModel):
    pass


@processor("noise", notify=True)
async def noise(context: Context, args: Args) -> None:
    """Do nothing; twice is harmless."""
