"""Work that must not be broken off in the middle: what it did outside would be known nowhere."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Await ``work`` to its end, also when the attempt is told to stop; then it stops.

    Only for work that bounds itself: nothing else ends it.
    """
    task, stopped = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            stopped = error
    if stopped is not None:
        task.exception()  # it was seen
        raise stopped
    return task.result()
