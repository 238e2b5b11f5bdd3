"""The tutorials' second hub: Starlette, one Redis subscription for all sockets, defaults everywhere.

The second argument says how messages are passed on: ``json`` decodes and encodes them, ``text`` not.
``plain`` does the first with what ``pip install starlette uvicorn websockets redis`` brings: no uvloop,
no httptools, no hiredis.
"""

import asyncio
import json
import os
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from redis._parsers import _AsyncRESP2Parser
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

PLAIN = sys.argv[2] == "plain"
OPTIONS: Any = {"parser_class": _AsyncRESP2Parser} if PLAIN else {}
listeners: dict[str, set[WebSocket]] = defaultdict(set)


async def listen(socket: WebSocket) -> None:
    await socket.accept()
    mine = listeners[socket.query_params["channel"]]
    mine.add(socket)
    try:
        await socket.send_text("ready")
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        mine.discard(socket)


async def tell() -> None:
    redis = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True, **OPTIONS)
    async with redis.pubsub() as pubsub:
        await pubsub.psubscribe(os.environ["BENCH_PREFIX"] + "*")
        async for message in pubsub.listen():
            for socket in list(listeners.get(message["channel"], ())):
                await send(socket, message["data"])


async def send(socket: WebSocket, data: str) -> None:
    if sys.argv[2] != "text":
        await socket.send_json(json.loads(data))
    else:
        await socket.send_text(data)


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    telling = asyncio.create_task(tell())
    yield
    telling.cancel()


app = Starlette(routes=[WebSocketRoute("/listen", listen)], lifespan=lifespan)

if __name__ == "__main__":
    speed: Any = {"loop": "asyncio", "http": "h11"} if PLAIN else {}
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", **speed)
