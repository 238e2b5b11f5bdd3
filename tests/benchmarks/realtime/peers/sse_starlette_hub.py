"""sse-starlette as its documentation shows it: a queue for each stream, one Redis subscription."""

import asyncio
import os
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from redis.asyncio import Redis
from sse_starlette.sse import EventSourceResponse  # type: ignore[import-not-found]  # benchmark only
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

listeners: dict[str, set[asyncio.Queue[str]]] = defaultdict(set)


async def listen(request: Request) -> EventSourceResponse:
    return EventSourceResponse(stream(request.query_params["channel"]))


async def stream(channel: str) -> AsyncIterator[dict[str, str]]:
    mine: asyncio.Queue[str] = asyncio.Queue()
    listeners[channel].add(mine)
    try:
        yield {"data": "ready"}
        while True:
            yield {"event": "job.started", "data": await mine.get()}
    finally:
        listeners[channel].discard(mine)


async def tell() -> None:
    redis = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    async with redis.pubsub() as pubsub:
        await pubsub.psubscribe(os.environ["BENCH_PREFIX"] + "*")
        async for message in pubsub.listen():
            for queue in list(listeners.get(message["channel"], ())):
                queue.put_nowait(message["data"])


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    telling = asyncio.create_task(tell())
    yield
    telling.cancel()


app = Starlette(routes=[Route("/listen", listen)], lifespan=lifespan)

if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
