"""Tokens and keys that try to be taken for others (S01-S06); more in tests/service/test_tokens.py."""

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx2
import jwt
import pytest

from jobs.errors import Unavailable
from service.tokens import BadToken
from tests.service.test_jwks import RSA_TOO, Provider, provider, public, signed
from tests.service.test_tokens import RSA, claims, hs256, part, reader

NOW = int(time.time())


__all__ = ["provider"]


def handmade(head: str, body: str) -> str:
    """Return a token of these two texts, signed with our own secret."""
    return jwt.PyJWS().encode(body.encode(), SECRET, "HS256", json.loads(head), None)


SECRET = "s" * 40
BOTH = f'"exp": {NOW + 600}, "iat": {NOW}'
TWICE = {
    "a user": f'{{"sub": "ann", "sub": "bob", {BOTH}}}',
    "scopes": f'{{"sub": "ann", "scope": "jobs:read", "scope": "admin", {BOTH}}}',
    "an end": f'{{"sub": "ann", "exp": 1, {BOTH}}}',
    "inside": f'{{"sub": "ann", "x": {{"a": 1, "a": 2}}, {BOTH}}}',
}


@pytest.mark.parametrize("body", TWICE.values(), ids=TWICE)
async def test_a_claim_that_comes_twice_is_refused(body: str) -> None:
    with pytest.raises(BadToken):
        await reader(jwt_secret=SECRET).read(handmade("{}", body))


ODD = {
    "sub is a number": {"sub": 1},
    "sub is a list": {"sub": ["ann"]},
    "sub is an object": {"sub": {"id": "ann"}},
    "sub is empty": {"sub": ""},
    "sub has a line break": {"sub": "ann\nbob"},
    "sub ends with one": {"sub": "ann\n"},
    "sub is half a character": {"sub": "\ud800"},
    "sub is long": {"sub": "a" * 201},
    "org is a number": {"org": 1},
    "org is empty": {"org": ""},
    "org has NUL": {"org": "a\0"},
    "scope is a list": {"scope": ["admin"]},
    "exp is a float": {"exp": NOW + 600.5},
    "exp is a text": {"exp": str(NOW + 600)},
    "exp is true": {"exp": True},
    "exp is far": {"exp": 2**63},
    "exp is null": {"exp": None},
    "nbf is tomorrow": {"nbf": NOW + 86_400},
    "iat is tomorrow": {"iat": NOW + 86_400},
    "iat is a text": {"iat": "now"},
}


@pytest.mark.parametrize("changed", ODD.values(), ids=ODD)
async def test_a_claim_of_another_shape_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(BadToken):
        await reader().read(hs256(**changed))


KIDS = [
    "../../dev/null",
    "' OR 1=1--",
    "http://127.0.0.1/key",
    "x" * 5000,
    "",
    0,
    None,
    [],
    {},
    True,
]


@pytest.mark.parametrize("kid", KIDS, ids=range(len(KIDS)))
async def test_a_kid_is_only_ever_looked_up(provider: Provider, kid: Any) -> None:
    provider.publish(r=RSA, s=RSA_TOO)
    tokens = reader(jwt_jwks_url=provider.url, jwt_secret="")
    head = part(json.dumps({"alg": "RS256", "kid": kid}).encode())
    forged = (head + b"." + part(json.dumps(claims()).encode()) + b"." + part(b"x" * 256)).decode()

    with pytest.raises(BadToken):
        await tokens.read(forged)
    assert provider.asked <= 1


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "x5c"])
async def test_a_token_leads_nowhere(provider: Provider, name: str) -> None:
    provider.publish(r=RSA)
    tokens = reader(jwt_jwks_url=provider.url, jwt_secret="")
    own = public(RSA_TOO) if name == "jwk" else "http://127.0.0.1:9/keys"

    with pytest.raises(BadToken):
        await tokens.read(signed(RSA_TOO, "RS256", kid="r", **{name: own}))


BROKEN = {
    "keys is null": {"keys": None},
    "keys is a text": {"keys": "abc"},
    "keys is an object": {"keys": {"r": 1}},
    "keys is a number": {"keys": 5},
    "a list": [],
    "a text": "keys",
    "null": None,
    "numbers in a key": {"keys": [{"kty": "RSA", "kid": "r", "n": 5, "e": 3}]},
    "kty is a list": {"keys": [{"kty": ["RSA"]}]},
    "alg is an object": {"keys": [{"kty": "RSA", "alg": {}, "n": "AQAB", "e": "AQAB"}]},
    "no kty": {"keys": [{"kid": "r"}]},
    "a shared secret": {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "r", "alg": "HS256"}]},
    "for encryption": {"keys": [{**public(RSA), "kid": "r", "use": "enc"}]},
}


@pytest.mark.parametrize("document", BROKEN.values(), ids=BROKEN)
async def test_a_key_document_of_another_shape_lets_nobody_in(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, document: Any
) -> None:
    monkeypatch.setattr("service.jwks.fetch", answering(document))

    with pytest.raises(Unavailable):
        await reader(jwt_jwks_url=provider.url, jwt_secret="").read(signed(RSA, "RS256", kid="r"))


def answering(document: Any) -> Any:
    async def fetch(_: object) -> Any:
        return document

    return fetch


@asynccontextmanager
async def served(body: bytes, header: str = "") -> AsyncIterator[str]:
    """Serve these bytes on a port of their own, and give its URL."""

    async def answer(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        await incoming.readuntil(b"\r\n\r\n")
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{header}Connection: close\r\n\r\n"
        )
        outgoing.write(head.encode() + body)
        with suppress(OSError):
            await outgoing.drain()
        outgoing.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys"


@pytest.mark.parametrize(
    "raw", [b"[" * 100_000, b"\xff", b"", b"{" * 9, b'{"keys": [' + b"1," * 200_000]
)
async def test_what_is_no_document_lets_nobody_in(raw: bytes) -> None:
    async with served(raw) as url:
        with pytest.raises(Unavailable):
            await reader(jwt_jwks_url=url, jwt_secret="").read(signed(RSA, "RS256", kid="r"))


async def test_a_packed_document_is_not_unpacked() -> None:
    keys = {"keys": [{**public(RSA), "kid": "r"}]}
    packed = gzip.compress(json.dumps(keys).encode())

    async with served(packed, "Content-Encoding: gzip\r\n") as url:
        with pytest.raises(Unavailable):
            await reader(jwt_jwks_url=url, jwt_secret="").read(signed(RSA, "RS256", kid="r"))


async def test_a_key_that_another_took_the_name_of_is_none_any_more(provider: Provider) -> None:
    provider.publish(r=RSA)
    tokens = reader(
        jwt_jwks_url=provider.url, jwt_secret="", jwks_cache_seconds=0, jwks_refetch_seconds=0
    )
    good = signed(RSA, "RS256", kid="r")
    assert (await tokens.read(good)).user == "ann"
    provider.publish(r=RSA_TOO)

    with pytest.raises(BadToken):
        await tokens.read(good)
    assert (await tokens.read(signed(RSA_TOO, "RS256", kid="r"))).user == "ann"


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "bearer  x y", "Basic YTpi", "Bearer\tx", "Token x", "Bearer a,Bearer b",
     "Bearer " + "x" * 60_000, "Bearer \x00", "Bearer jc_", "Bearer jc_" + "g" * 64, "Digest x"],
    ids=range(12),
)  # fmt: skip
async def test_no_other_header_is_a_token(client: httpx2.AsyncClient, header: str) -> None:
    try:
        answer = await client.get("/api/jobs", headers=[("Authorization", header)])
    except (httpx2.LocalProtocolError, ValueError):
        return

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
