"""The published keys of an identity provider (RFC 7517): fetched, cached, refetched rarely."""

import asyncio
import json
import time
from typing import Any

import httpx2
from jwt import PyJWK, PyJWTError

from jobs.errors import Unavailable
from service.settings import ServiceSettings

ALGORITHMS = frozenset({"RS256", "ES256", "EdDSA"})
LARGEST_DOCUMENT = 256 * 1024
FETCH_TIMEOUT_SECONDS = 3.0
PLAIN = {"Accept": "application/json", "Accept-Encoding": "identity"}
UNREADABLE = (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, ValueError, RecursionError)


class KeySet:
    """Keys by ``kid``. A ``kid`` is only ever looked up, never followed; nor are ``jku`` and ``x5u``."""

    def __init__(self, url: str, *, cache_seconds: float, refetch_seconds: float) -> None:
        self._url = url
        self._cache_seconds = cache_seconds
        self._refetch_seconds = refetch_seconds
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._fetching = asyncio.Lock()

    @classmethod
    def of(cls, settings: ServiceSettings) -> "KeySet | None":
        """Return the key set of JWT_JWKS_URL, if that is set."""
        if not settings.jwt_jwks_url:
            return None
        return cls(
            settings.jwt_jwks_url,
            cache_seconds=settings.jwks_cache_seconds,
            refetch_seconds=settings.jwks_refetch_seconds,
        )

    async def find(self, kid: object) -> PyJWK | None:
        """Return the key named ``kid``, or the only key when the token names none.

        Raises Unavailable when no key was ever fetched and the provider cannot be reached.
        """
        if time.monotonic() - self._fetched_at > self._cache_seconds or self._lookup(kid) is None:
            await self._refresh()
        if not self._keys:
            raise Unavailable("The keys that tokens are checked with cannot be fetched right now.")
        return self._lookup(kid)

    def _lookup(self, kid: object) -> PyJWK | None:
        if kid is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(kid) if isinstance(kid, str) else None

    async def _refresh(self) -> None:
        """Fetch the keys, at most once in ``refetch_seconds`` whatever tokens ask for."""
        async with self._fetching:
            if time.monotonic() - self._tried_at < self._refetch_seconds:
                return
            self._tried_at = time.monotonic()
            try:
                self._keys = usable(await fetch(self._url))
            except UNREADABLE:
                return
            self._fetched_at = self._tried_at


async def fetch(url: str) -> Any:
    """Return a key document. Raises what UNREADABLE names."""
    async with (
        asyncio.timeout(FETCH_TIMEOUT_SECONDS),
        httpx2.AsyncClient() as client,
        client.stream("GET", url, headers=PLAIN) as response,
    ):
        response.raise_for_status()
        document = bytearray()
        async for chunk in response.aiter_raw():  # not unpacked: a small answer could become huge
            document += chunk
            if len(document) > LARGEST_DOCUMENT:
                raise ValueError("the key set is too large")
    return json.loads(document)


def usable(document: Any) -> dict[str, PyJWK]:
    """Return the signing keys of our algorithms. A shared (``oct``) key in public is never one."""
    keys: dict[str, PyJWK] = {}
    entries = document.get("keys") if isinstance(document, dict) else None
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
            continue
        try:
            key = PyJWK(entry)
        except (
            PyJWTError,
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
        ):  # whatever it stumbles over
            continue
        if key.algorithm_name in ALGORITHMS:
            keys[str(entry.get("kid", ""))] = key
    return keys
