"""Announcing behind the answers: in order, together, bounded, and done before the end."""

import asyncio
from collections.abc import Sequence
from typing import Any

from jobs.telling import Telling


class Announcer:
    """Announces when it is let; ``told`` holds what each announcement was of."""

    def __init__(self) -> None:
        self.told: list[list[Any]] = []
        self.begun = asyncio.Event()
        self.let = asyncio.Event()

    async def announce(self, rows: Sequence[Any]) -> None:
        self.told.append(list(rows))
        self.begun.set()
        await self.let.wait()


async def test_what_comes_while_something_is_announced_goes_together_and_in_order() -> None:
    announcer = Announcer()
    telling = Telling(announcer.announce)
    rows: list[Any] = [1, 2, 3, 4]

    telling.tell(rows[:1])
    await announcer.begun.wait()
    telling.tell(rows[1:2])
    telling.tell(rows[2:])
    announcer.let.set()
    await telling.drain()

    assert announcer.told == [[1], [2, 3, 4]]


async def test_of_more_than_may_wait_the_oldest_are_let_go() -> None:
    announcer = Announcer()
    telling = Telling(announcer.announce, most=3)
    rows: list[Any] = [1, 2, 3, 4, 5]

    for row in rows:
        telling.tell([row])
    announcer.let.set()
    await telling.drain()

    assert announcer.told == [[3, 4, 5]]


async def test_nothing_to_tell_is_no_announcement() -> None:
    announcer = Announcer()
    telling = Telling(announcer.announce)

    telling.tell([])
    await telling.drain()

    assert announcer.told == []
