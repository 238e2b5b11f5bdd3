"""What the providers were asked: kept for tests and for the curious, without secrets."""

import json
from collections import deque
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Scope

MOST = 1_000
MASK = "•••"
SECRET_WORDS = ("token", "secret", "password", "api_key", "apikey", "assertion", "authorization")
SECRET_NAMES = frozenset({"code", "code_verifier", "cookie", "x-api-key"})

Call = dict[str, Any]


class Calls:
    """The newest calls of each provider, oldest first."""

    def __init__(self) -> None:
        self._kept: dict[str, deque[Call]] = {}

    def begin(self, provider: str, scope: Scope, path: str) -> Call:
        """Note that a provider is asked; the answer's status comes later."""
        headers = {name.decode("latin-1"): v.decode("latin-1") for name, v in scope["headers"]}
        call: Call = {
            "method": scope["method"],
            "path": path,
            "query": masked(dict(parse_qsl(scope["query_string"].decode("latin-1")))),
            "headers": {name: without_secret(name, value) for name, value in headers.items()},
            "body": None,
            "status": None,
        }
        self._kept.setdefault(provider, deque(maxlen=MOST)).append(call)
        return call

    def of(self, provider: str, path: str = "") -> list[Call]:
        """Return the calls of a provider, those whose path begins with ``path``."""
        return [call for call in self._kept.get(provider, ()) if call["path"].startswith(path)]

    def routes(self) -> list[Route]:
        """Return the calls over HTTP."""
        path = "/_calls/{provider}"
        return [Route(path, self._list), Route(path, self._forget, methods=["DELETE"])]

    async def _list(self, request: Request) -> Response:
        return JSONResponse(self.of(request.path_params["provider"]))

    async def _forget(self, request: Request) -> Response:
        self._kept.pop(request.path_params["provider"], None)
        return Response(status_code=204)


def readable(body: bytes, media_type: str) -> Any:
    """Return a call's body as it may be shown: JSON and forms in full, the rest by its size."""
    if not body:
        return None
    if media_type.startswith("application/json"):
        try:
            return masked(json.loads(body))
        except ValueError:
            return f"{len(body)} bytes that are no JSON"
    if media_type.startswith("application/x-www-form-urlencoded"):
        return masked(dict(parse_qsl(body.decode("latin-1"), keep_blank_values=True)))
    return f"{len(body)} bytes of {media_type or 'something'}"


def masked(value: Any, name: str = "") -> Any:
    """Return JSON with whatever bears a secret's name masked."""
    if isinstance(value, Mapping):
        return {key: masked(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner, name) for inner in value]
    return MASK if isinstance(value, str) and is_secret(name) else value


def without_secret(name: str, value: str) -> str:
    """Return a header's value; of credentials only their scheme."""
    if not is_secret(name):
        return value
    scheme, blank, _ = value.partition(" ")
    return f"{scheme} {MASK}" if blank else MASK


def is_secret(name: str) -> bool:
    """Say whether a field or header of this name holds a secret. Counters (``max_tokens``) do not."""
    lowered = name.lower()
    return lowered in SECRET_NAMES or any(
        lowered == word or lowered.endswith((f"_{word}", f"-{word}")) for word in SECRET_WORDS
    )
