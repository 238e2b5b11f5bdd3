"""Work that must not be broken off in the middle: what it did outside would be known nowhere."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def to_its_end(work: Coroutine[Any, Any, T], begun: Callable[[], bool] | None = None) -> T:
    """Await ``work`` to its end, also when the attempt is told to stop; then it stops.

    With ``begun``, only from the moment on when that is true. For work that bounds itself: nothing else
    ends it.
    """
    task, stopped = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            stopped = error
            if begun is not None and not begun():
                task.cancel()
    if stopped is not None:
        if not task.cancelled():
            task.exception()  # it was seen
        raise stopped
    return task.result()
