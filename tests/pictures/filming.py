"""An animated picture of a page: what the browser draws whenever something has changed."""

import asyncio
import base64
import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.async_api import CDPSession, Page

from tests.pictures.kinds import SLOWER

LAST_SECONDS: Final = 3.0
LONGEST_SECONDS: Final = 1.2
SHORTEST_SECONDS: Final = 0.05
QUALITY: Final = 60


@dataclass
class Film:
    """The frames so far, each with the moment it was drawn."""

    frames: list[tuple[float, bytes]] = field(default_factory=list)

    def keep(self, path: Path, width: int) -> int:
        """Write the film as animated WebP, ``width`` pixels wide; return its size in bytes."""
        shown = self.shown()
        first, *rest = [scaled(Image.open(io.BytesIO(frame)), width) for _, frame in shown]
        first.save(
            path, save_all=True, append_images=rest, duration=[ms for ms, _ in shown], loop=0,
            quality=QUALITY, method=5, minimize_size=True,
        )  # fmt: skip
        return path.stat().st_size

    def shown(self) -> list[tuple[int, bytes]]:
        """Return the frames that are worth it, with the milliseconds each is shown."""
        kept: list[tuple[int, bytes]] = []
        frames = sorted(self.frames)
        for (moment, frame), (after, _) in pairwise(frames):
            seconds = min((after - moment) / SLOWER, LONGEST_SECONDS)
            if seconds >= SHORTEST_SECONDS or not kept:
                kept.append((int(seconds * 1000), frame))
            else:
                kept[-1] = (kept[-1][0] + int(seconds * 1000), frame)
        return [*kept, (int(LAST_SECONDS * 1000), frames[-1][1])]


def scaled(image: Image.Image, width: int) -> Image.Image:
    """Return a picture at that width."""
    height = round(image.height * width / image.width)
    return image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)


@asynccontextmanager
async def filming(page: Page) -> AsyncIterator[Film]:
    """Take what a page draws for as long as the block lasts."""
    film = Film()
    session = await page.context.new_cdp_session(page)
    answers: set[asyncio.Task[None]] = set()

    def take(drawn: dict[str, Any]) -> None:
        film.frames.append((drawn["metadata"]["timestamp"], base64.b64decode(drawn["data"])))
        answer = asyncio.create_task(taken(session, drawn["sessionId"]))
        answers.add(answer)
        answer.add_done_callback(answers.discard)

    session.on("Page.screencastFrame", take)
    await session.send("Page.startScreencast", {"format": "jpeg", "quality": 95})
    try:
        yield film
    finally:
        film.frames.append(
            (time.time(), await page.screenshot())
        )  # the end, whatever was drawn of it
        await session.send("Page.stopScreencast")
        await asyncio.gather(*answers)


async def taken(session: CDPSession, number: int) -> None:
    """Tell the browser that a frame was taken, so that it draws the next."""
    await session.send("Page.screencastFrameAck", {"sessionId": number})
