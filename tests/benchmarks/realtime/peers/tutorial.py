"""The hub of the tutorials: Starlette, one Redis subscription for each socket, defaults everywhere.

The second argument says how messages are passed on: ``json`` decodes and encodes them, ``text`` not.
``plain`` does the first with what ``pip install starlette uvicorn websockets redis`` brings: no uvloop,
no httptools, no hiredis.
"""

import json
import os
import sys
from typing import Any

import uvicorn
from redis._parsers import _AsyncRESP2Parser
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

PLAIN = sys.argv[2] == "plain"
OPTIONS: Any = {"parser_class": _AsyncRESP2Parser} if PLAIN else {}

redis = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True, **OPTIONS)


async def listen(socket: WebSocket) -> None:
    await socket.accept()
    async with redis.pubsub() as pubsub:
        await pubsub.subscribe(socket.query_params["channel"])
        await socket.send_text("ready")
        while True:  # as in redis-py's documentation
            message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=None)
            if message is not None:
                await send(socket, message["data"])


async def send(socket: WebSocket, data: str) -> None:
    if sys.argv[2] != "text":
        await socket.send_json(json.loads(data))
    else:
        await socket.send_text(data)


app = Starlette(routes=[WebSocketRoute("/listen", listen)])

if __name__ == "__main__":
    speed: Any = {"loop": "asyncio", "http": "h11"} if PLAIN else {}
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", **speed)
