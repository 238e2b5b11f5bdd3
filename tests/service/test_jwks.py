"""Published keys (catalogue S02, S03, S05): each for its own algorithm, fetched rarely, never followed."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from jobs.errors import Unavailable
from service.tokens import BadToken
from tests.service.test_tokens import PEM, RSA, claims, hs256, reader

RSA_TOO = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
EC_384 = ec.generate_private_key(ec.SECP384R1())
ED = ed25519.Ed25519PrivateKey.generate()


class Provider:
    """An identity provider's key document on a real port; counts who asks."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.asked = 0
        self.status = "200 OK"
        self.url = ""

    def publish(self, **keys: Any) -> None:
        self.keys = [{**public(key), "kid": kid, "use": "sig"} for kid, key in keys.items()]

    async def answer(self, incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        await incoming.readuntil(b"\r\n\r\n")
        self.asked += 1
        body = json.dumps({"keys": self.keys}).encode()
        outgoing.write(
            f"HTTP/1.1 {self.status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
            + body
        )
        await outgoing.drain()
        outgoing.close()
        await outgoing.wait_closed()


def public(key: Any) -> dict[str, Any]:
    algorithm: dict[Any, Any] = {
        rsa.RSAPrivateKey: jwt.algorithms.RSAAlgorithm,
        ec.EllipticCurvePrivateKey: jwt.algorithms.ECAlgorithm,
        ed25519.Ed25519PrivateKey: jwt.algorithms.OKPAlgorithm,
    }
    for kind, known in algorithm.items():
        if isinstance(key, kind):
            return known.to_jwk(key.public_key(), as_dict=True)
    return key


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    made = Provider()
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    async with server:
        made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys"
        yield made


def signed(key: Any, algorithm: str, **header: Any) -> str:
    return jwt.encode(claims(), key, algorithm=algorithm, headers=header)


@pytest.mark.parametrize(
    ("kid", "key", "algorithm"), [("r", RSA, "RS256"), ("e", EC, "ES256"), ("d", ED, "EdDSA")]
)
async def test_published_keys_check_tokens(
    provider: Provider, kid: str, key: Any, algorithm: str
) -> None:
    provider.publish(r=RSA, e=EC, d=ED)
    published = reader(jwt_jwks_url=provider.url, jwt_secret="")

    caller = await published.read(signed(key, algorithm, kid=kid))

    assert caller.user == "ann"
    assert provider.asked == 1


CONFUSED = {
    "HS256 signed with the public key": lambda: hs256({"kid": "r"}, secret=PEM),
    "HS256 without a shared secret": lambda: hs256({"kid": "r"}),
    "PS256 by an RS256 key": lambda: signed(RSA, "PS256", kid="r"),
    "RS512 by an RS256 key": lambda: signed(RSA, "RS512", kid="r"),
    "ES384": lambda: signed(EC_384, "ES384", kid="big"),
    "another key's kid": lambda: signed(RSA_TOO, "RS256", kid="r"),
    "RS256 named as the elliptic key": lambda: signed(RSA, "RS256", kid="e"),
    "a shared key that was published": lambda: hs256({"kid": "o"}, secret=b"o" * 32),
    "no kid among several keys": lambda: signed(RSA, "RS256"),
    "kid is a path": lambda: signed(RSA, "RS256", kid="../../dev/null"),
    "kid is SQL": lambda: signed(RSA, "RS256", kid="' OR 1=1--"),
    "kid is long": lambda: signed(RSA, "RS256", kid="k" * 5_000),
    "kid is empty": lambda: signed(RSA, "RS256", kid=""),
    "kid is a number": lambda: hs256({"alg": "RS256", "kid": 3}),
}


@pytest.mark.parametrize("token", CONFUSED.values(), ids=CONFUSED)
async def test_a_key_is_only_used_for_its_own_algorithm(provider: Provider, token: Any) -> None:
    provider.publish(r=RSA, e=EC, big=EC_384)
    shared = base64.urlsafe_b64encode(b"o" * 32).decode().rstrip("=")
    provider.keys.append({"kty": "oct", "k": shared, "kid": "o"})
    published = reader(jwt_jwks_url=provider.url, jwt_secret="")

    with pytest.raises(BadToken):
        await published.read(token())


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk"])
async def test_a_token_cannot_bring_its_own_key(provider: Provider, name: str) -> None:
    foreign = Provider()
    async with await asyncio.start_server(foreign.answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        foreign.publish(mine=RSA_TOO)
        provider.publish(r=RSA)
        brought = public(RSA_TOO) if name == "jwk" else f"http://127.0.0.1:{port}/keys"
        token = signed(RSA_TOO, "RS256", kid="mine", **{name: brought})

        with pytest.raises(BadToken):
            await reader(jwt_jwks_url=provider.url).read(token)

    assert foreign.asked == 0


async def test_both_ways_work_side_by_side(provider: Provider) -> None:
    provider.publish(r=RSA)
    both = reader(jwt_jwks_url=provider.url)

    assert (await both.read(hs256())).user == "ann"
    assert provider.asked == 0
    assert (await both.read(signed(RSA, "RS256", kid="r"))).user == "ann"


async def test_a_token_without_kid_is_checked_by_the_only_key(provider: Provider) -> None:
    provider.publish(r=RSA)

    caller = await reader(jwt_jwks_url=provider.url).read(signed(RSA, "RS256"))

    assert caller.user == "ann"


async def test_a_new_key_is_found_and_a_removed_one_no_longer(provider: Provider) -> None:
    provider.publish(old=RSA)
    eager = reader(jwt_jwks_url=provider.url, jwks_refetch_seconds=0)
    token = signed(RSA, "RS256", kid="old")
    await eager.read(token)
    provider.publish(new=RSA_TOO)

    assert (await eager.read(signed(RSA_TOO, "RS256", kid="new"))).user == "ann"
    with pytest.raises(BadToken):
        await eager.read(token)


async def test_a_thousand_unknown_kids_cost_one_request(provider: Provider) -> None:
    provider.publish(r=RSA)
    published = reader(jwt_jwks_url=provider.url)
    tokens = [hs256({"alg": "RS256", "kid": f"k{n}"}) for n in range(1000)]

    answers = await asyncio.gather(*map(published.read, tokens), return_exceptions=True)

    assert {type(answer) for answer in answers} == {BadToken}
    assert provider.asked == 1


async def test_without_any_key_the_service_is_unavailable_not_the_token_wrong(
    provider: Provider,
) -> None:
    provider.status = "500 Oops"

    with pytest.raises(Unavailable):
        await reader(jwt_jwks_url=provider.url).read(signed(RSA, "RS256", kid="r"))


async def test_known_keys_outlive_the_provider(provider: Provider) -> None:
    provider.publish(r=RSA)
    forgetful = reader(jwt_jwks_url=provider.url, jwks_cache_seconds=0, jwks_refetch_seconds=0)
    await forgetful.read(signed(RSA, "RS256", kid="r"))
    provider.status = "503 Away"

    caller = await forgetful.read(signed(RSA, "RS256", kid="r"))

    assert caller.user == "ann"


@pytest.mark.parametrize("keys", [[], ["text"], [{"kty": "RSA"}], [{"kty": "EC", "crv": "P-999"}]])
async def test_a_broken_key_document_breaks_nothing(provider: Provider, keys: list[Any]) -> None:
    provider.keys = keys

    with pytest.raises(Unavailable):
        await reader(jwt_jwks_url=provider.url).read(signed(RSA, "RS256", kid="r"))
