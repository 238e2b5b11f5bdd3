"""Finishing what was begun although its caller is told to stop: for ending processes, undoing, telling."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` to its end and return what it returns; bounded in time it must be by itself.

    Cancelled meanwhile, however often, it raises CancelledError only when the work is over.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error  # not swallowed: raised again below
    if cancelled is not None:
        with suppress(asyncio.CancelledError, Exception):
            task.result()
        raise cancelled
    return task.result()
