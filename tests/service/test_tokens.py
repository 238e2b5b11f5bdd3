"""Which tokens are taken (catalogue S01-S06): the key decides the algorithm, claims are strict."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from service.client import mint_token
from service.settings import ServiceSettings
from service.tokens import BadToken, TokenReader

SECRET = "a shared secret that is long enough for HS256"
RSA = rsa.generate_private_key(65537, 2048)
PEM = RSA.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


def claims(**changed: Any) -> dict[str, Any]:
    made = {"sub": "ann", "exp": int(time.time()) + 600, **changed}
    return {name: value for name, value in made.items() if value is not ...}


def hs256(
    header: dict[str, Any] | None = None, secret: bytes = SECRET.encode(), **changed: Any
) -> str:
    """Sign by hand: a library would refuse to make half of what is tested here."""
    head = {"alg": "HS256", "typ": "JWT", **(header or {})}
    signed = b".".join(part(json.dumps(each).encode()) for each in (head, claims(**changed)))
    return (signed + b"." + part(hmac.digest(secret, signed, hashlib.sha256))).decode()


def part(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def reader(**settings: Any) -> TokenReader:
    return TokenReader(ServiceSettings(**{"jwt_secret": SECRET, **settings}))


async def test_a_token_says_user_org_and_scopes() -> None:
    token = mint_token(SECRET, user="ann", org="acme", scopes="jobs:read admin")

    caller = await reader().read(token)

    assert (caller.user, caller.org, caller.via) == ("ann", "acme", "bearer")
    assert caller.scopes == {"jobs:read", "admin"}
    assert caller.expires_at is not None


async def test_org_and_scope_have_defaults() -> None:
    caller = await reader().read(hs256())

    assert caller.org == "ann"
    assert caller.scopes == {"jobs:read", "jobs:write"}


NOW = int(time.time())
REFUSED = {
    "no exp": {"exp": ...},
    "expired": {"exp": NOW - 61},
    "exp is text": {"exp": str(NOW + 600)},
    "exp is a float": {"exp": NOW + 600.5},
    "exp is negative": {"exp": -1},
    "exp is beyond all time": {"exp": 2**63},
    "exp is true": {"exp": True},
    "exp is null": {"exp": None},
    "no sub": {"sub": ...},
    "sub is empty": {"sub": ""},
    "sub is a number": {"sub": 42},
    "sub is a list": {"sub": ["ann"]},
    "sub has NUL": {"sub": "an\x00n"},
    "sub has a lone surrogate": {"sub": "an\ud800n"},
    "sub is too long": {"sub": "a" * 201},
    "org is a number": {"org": 1},
    "org is empty": {"org": ""},
    "scope is a list": {"scope": ["admin"]},
    "scope is too long": {"scope": "x " * 600},
    "nbf is in the future": {"nbf": NOW + 86_400},
    "nbf is text": {"nbf": "soon"},
    "nbf is a float": {"nbf": NOW - 0.5},
    "iat is in the future": {"iat": NOW + 86_400},
    "iat is text": {"iat": "then"},
    "iat is negative": {"iat": -5},
}


@pytest.mark.parametrize("changed", REFUSED.values(), ids=REFUSED)
async def test_claims_that_are_missing_or_wrong_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(BadToken):
        await reader().read(hs256(**changed))


HEADERS = {
    "alg none": {"alg": "none"},
    "alg None": {"alg": "None"},
    "alg nOnE": {"alg": "nOnE"},
    "alg HS384": {"alg": "HS384"},
    "alg RS256 without published keys": {"alg": "RS256"},
    "alg is a number": {"alg": 1},
    "alg is missing": {"alg": None},
    "alg is a list": {"alg": ["HS256"]},
    "crit": {"crit": ["exp"]},
    "a refresh token": {"typ": "refresh+jwt"},
    "typ is a number": {"typ": 7},
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
async def test_headers_that_ask_for_something_else_are_refused(header: dict[str, Any]) -> None:
    with pytest.raises(BadToken):
        await reader().read(hs256(header))


def unsigned(alg: str) -> str:
    head = part(json.dumps({"alg": alg}).encode())
    return (head + b"." + part(json.dumps(claims()).encode()) + b".").decode()


TEXTS = {
    "empty": "",
    "one dot": "a.b",
    "no base64": "!.!.!",
    "not utf-8": "é.é.é",
    "none, unsigned": unsigned("none"),
    "HS256, unsigned": unsigned("HS256"),
    "foreign secret": hs256(secret=b"y" * 40),
    "signed with the public key": hs256(secret=PEM),
    "cut": hs256()[:-1],
    "a ticket": "tk_gAAAAABrAxH4",
    "an API key": "jc_0123456789",
    "10 kB": hs256(note="x" * 10_000),
    "nested deeply": part(b'{"alg":' + b"[" * 5000).decode() + ".e30.e30",
}


@pytest.mark.parametrize("token", TEXTS.values(), ids=TEXTS)
async def test_what_is_no_token_of_ours_is_refused(token: str) -> None:
    with pytest.raises(BadToken):
        await reader().read(token)


async def test_an_expired_token_is_told_so() -> None:
    with pytest.raises(BadToken, match="expired"):
        await reader().read(hs256(exp=NOW - 3600))


async def test_clocks_may_differ_by_the_leeway() -> None:
    caller = await reader(jwt_leeway_seconds=60).read(hs256(exp=int(time.time()) - 5))

    assert caller.user == "ann"


NAMED = {
    "both right": (True, {"iss": "https://id.example", "aud": "jobcast"}),
    "audience in a list": (True, {"iss": "https://id.example", "aud": ["other", "jobcast"]}),
    "no issuer": (False, {"aud": "jobcast"}),
    "no audience": (False, {"iss": "https://id.example"}),
    "foreign issuer": (False, {"iss": "https://id.example.evil", "aud": "jobcast"}),
    "foreign audience": (False, {"iss": "https://id.example", "aud": "mail"}),
    "audience is a number": (False, {"iss": "https://id.example", "aud": 5}),
}


@pytest.mark.parametrize(("taken", "changed"), NAMED.values(), ids=NAMED)
async def test_issuer_and_audience_count_when_configured(
    taken: bool, changed: dict[str, Any]
) -> None:
    strict = reader(jwt_issuer="https://id.example", jwt_audience="jobcast")

    try:
        await strict.read(hs256(**changed))
    except BadToken:
        assert not taken
    else:
        assert taken


async def test_a_token_that_was_taken_is_taken_again_until_it_expires(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokens, token = reader(), hs256()
    taken = await tokens.read(token)
    monkeypatch.setattr("service.tokens.jwt.decode", refusing)

    assert await tokens.read(token) is taken
    with pytest.raises(AssertionError):
        await tokens.read(hs256(sub="another"))
    assert taken.expires_at is not None
    with time_machine.travel(taken.expires_at + timedelta(seconds=29), tick=False):
        assert await tokens.read(token) is taken
    with (
        time_machine.travel(taken.expires_at + timedelta(seconds=30), tick=False),
        pytest.raises(AssertionError),
    ):
        await tokens.read(token)


def refusing(*_: Any, **__: Any) -> None:
    raise AssertionError("the token is looked at again")


async def test_only_so_many_tokens_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.tokens.MOST_KNOWN", 2)
    tokens, sent = reader(), [hs256(sub=f"user-{number}") for number in range(3)]
    for token in sent:
        await tokens.read(token)
    monkeypatch.setattr("service.tokens.jwt.decode", refusing)

    assert [(await tokens.read(token)).user for token in sent[1:]] == ["user-1", "user-2"]
    with pytest.raises(AssertionError):
        await tokens.read(sent[0])
