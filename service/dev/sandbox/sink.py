"""A receiver of webhooks (Standard Webhooks 1.0): checks signatures, and shows what has come.

POST /sink/posts        200 {"id", "url"}; 401 for a wrong signature; a webhook-id does nothing twice
GET  /sink/posts        what has come, newest first
GET  /sink/posts/{id}   one of them
"""

import json
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

SECRET = "whsec_c2FuZGJveCBzYW5kYm94IHNhbmRib3ggc2FuZA=="  # noqa: S105 - opens nothing but the sandbox
MOST = 200


class Sink:
    """The receiver; ``received`` is by webhook-id, oldest first, ``tries`` counts what came for each."""

    def __init__(self) -> None:
        self.received: dict[str, Any] = {}
        self.tries: dict[str, int] = {}

    def routes(self) -> list[BaseRoute]:
        """Return its end points."""
        return [
            Route("/posts", self._receive, methods=["POST"]),
            Route("/posts", self._list),
            Route("/posts/{id}", self._read),
        ]

    async def _receive(self, request: Request) -> Response:
        body = await request.body()
        try:
            Webhook(SECRET).verify(body, dict(request.headers))
        except WebhookVerificationError as error:
            return JSONResponse({"error": str(error)}, 401)
        ident = request.headers["webhook-id"]
        self.tries[ident] = self.tries.get(ident, 0) + 1
        self.received.setdefault(ident, json.loads(body))
        while len(self.received) > MOST:
            self.received.pop(next(iter(self.received)))
        return JSONResponse({"id": ident, "url": f"{str(request.url).rstrip('/')}/{ident}"})

    async def _list(self, request: Request) -> Response:
        return JSONResponse(list(reversed(self.received.values())))

    async def _read(self, request: Request) -> Response:
        ident = request.path_params["id"]
        if ident not in self.received:
            return JSONResponse({"error": "Nothing of that id has come."}, 404)
        return JSONResponse(self.received[ident])
