# Written by `python -m service.twin` from service/client/aio/wire.py; do not edit.
"""Requests sent until they are answered, and answers that are streams."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any

import httpx2

from service.client.errors import JobcastError
from service.client.patience import Deadline, Tries
from service.client.place import Way
from service.client.request import NOTHING, Query, Request, plain
from service.client.server import Server, decoded, lost, refusal

CONNECT_SECONDS = 5.0


class Wire:
    """The line to one server. Raises RefusedError and UnreachableError; what may pass is tried again."""

    def __init__(self, server: Server, transport: httpx2.BaseTransport | None = None) -> None:
        self.server = server
        self.way = Way()
        self._client = httpx2.Client(
            base_url=server.url,
            headers=dict(server.headers),
            timeout=self._patience(server.timeout),
            trust_env=not server.local,
            transport=transport,
        )

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def ask(self, request: Request, deadline: Deadline | None = None) -> Any:
        """Send, and return the decoded answer."""
        return decoded(self.send(request, deadline), self.server.url)

    def send(self, request: Request, deadline: Deadline | None = None) -> httpx2.Response:
        """Send until there is an answer that is no passing trouble, or no time left."""
        tries = Tries(repeatable=request.repeatable, retries=self.server.retries)
        while True:
            try:
                return self._once(request)
            except JobcastError as error:
                wait = tries.wait_after(error)
                if deadline is not None and wait >= deadline.left:
                    raise
            sleep(wait)

    @contextmanager
    def stream(
        self, path: str, query: Query, cursor: str, silence_seconds: float
    ) -> Iterator[httpx2.Response]:
        """Open an event stream; it may be silent for so long."""
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        resumed = {"Last-Event-ID": cursor} if cursor else {}
        try:
            with self._client.stream(
                "GET",
                path,
                params=list(query),
                headers={**headers, **resumed, **self.server.authorization()},
                timeout=self._patience(silence_seconds),
            ) as response:
                if response.is_error:
                    response.read()
                    raise refusal(response)
                yield response
        except httpx2.HTTPError as error:
            raise lost(self.server.url, error) from error

    def _once(self, request: Request) -> httpx2.Response:
        """Send once. Raises RefusedError for a refusal, UnreachableError when there is no answer."""
        headers = {**request.headers, **self.server.authorization()}
        body: dict[str, Any] = {}
        if request.json is not NOTHING:
            headers["Content-Type"] = "application/json"
            body["content"] = json.dumps(request.json, default=plain, allow_nan=False).encode()
        elif request.content is not None:
            body["content"] = request.content()
        patience = self._patience(self.server.timeout + request.slow_seconds)
        try:
            response = self._client.request(
                request.method,
                request.path,
                params=list(request.query),
                headers=headers,
                timeout=patience,
                **body,
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise lost(self.server.url, error) from error
        if response.is_error:
            raise refusal(response)
        return response

    def _patience(self, seconds: float) -> httpx2.Timeout:
        """Return how long an answer may take; connecting is quick or does not work."""
        return httpx2.Timeout(seconds, connect=CONNECT_SECONDS)
