"""The product's job that does nothing, loaded by PROCESSORS=noop_kind from any checkout."""

from typing import Any

from pydantic import BaseModel
from tally import stamp  # type: ignore[import-not-found]  # beside this file, on the worker's path

from jobs import Context, processor


class Args(BaseModel):
    value: Any = None


@processor("noop")
async def noop(context: Context, args: Args) -> Args:
    """Returns its args; twice is as good as once."""
    stamp()
    return args
