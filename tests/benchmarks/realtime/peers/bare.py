"""uvicorn alone, as the product runs it: no middleware, no Redis, no hub; it sends when asked to.

``GET /run?mode=single&seconds=3&window=8000`` sends to everybody connected as fast as the receivers'
counters (in the file named by BENCH_SHARED) allow, and answers how much that was.
"""

import asyncio
import json
import mmap
import os
import struct
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import uvicorn

TEXT = '{"specversion":"1.0","type":"job.started","offset":%d,"data":{"note":"' + "x" * 230 + '"}}'
PIECE = 500
sends: dict[Any, Any] = {}


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await talk(receive, send)
    elif scope["path"] == "/listen":
        await stream(receive, send)
    elif scope["path"] == "/run":
        await run(dict(parse_qsl(scope["query_string"].decode())), send)


async def talk(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": "ready"})
    sends[send] = lambda text: send({"type": "websocket.send", "text": text})
    while (await receive())["type"] != "websocket.disconnect":
        pass
    del sends[send]


async def stream(receive: Any, send: Any) -> None:
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    body = {"type": "http.response.body", "more_body": True}
    await send(body | {"body": b"data: ready\n\n"})
    sends[send] = lambda text: send(body | {"body": f"data: {text}\n\n".encode()})
    while (await receive())["type"] != "http.disconnect":
        pass
    del sends[send]


async def run(options: dict[str, str], send: Any) -> None:
    found = await deliver(float(options["seconds"]), int(options["window"]))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(found).encode()})


async def deliver(seconds: float, window: int) -> dict[str, float]:
    with Path(os.environ["BENCH_SHARED"]).open("r+b") as file:
        shared = mmap.mmap(file.fileno(), 0)
    begun, sent, targets = time.monotonic(), 0, list(sends.values())
    offset = 0
    while time.monotonic() < begun + seconds:
        offset += 1
        text = TEXT % offset
        for start in range(0, len(targets), PIECE):
            for target in targets[start : start + PIECE]:
                await target(text)
            sent += len(targets[start : start + PIECE])
            await caught_up(shared, sent - window)
    await caught_up(shared, sent)
    return {"seconds": time.monotonic() - begun, "deliveries": sent}


async def caught_up(shared: mmap.mmap, count: int) -> None:
    while sum(struct.unpack(f"={len(shared) // 8}Q", shared[:])) < count:
        await asyncio.sleep(0.0005)


if __name__ == "__main__":
    uvicorn.run(
        app, port=int(sys.argv[1]), log_level="warning", loop="uvloop", http="httptools",
        ws="websockets-sansio", ws_per_message_deflate=False, lifespan="off", access_log=False,
        backlog=1024,
    )  # fmt: skip
