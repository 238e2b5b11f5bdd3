"""Token end points: what is asked, how the client proves itself, which answers are tokens."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from jobs.errors import Discard, Garbage, NotTaken, ProviderError, Refused
from jobs.providers.api import Api
from jobs.providers.oauth2 import GOOGLE_TOKENS, GrantEnded, OAuth2, clients_of
from jobs.settings import JobsSettings
from tests.jobs.providers.site import Site, response, settings_for

CREDENTIALS = {"refresh_token": "rt_secret", "client_id": "a b", "client_secret": "x:y%"}
TOKENS = {"access_token": "at_new", "token_type": "Bearer", "expires_in": 60}


@pytest.fixture
async def oauth2(site: Site) -> AsyncIterator[OAuth2]:
    async with Api(settings_for(site)) as api:
        yield OAuth2(api)


def says(site: Site, data: Any, status: str = "200 OK") -> str:
    site.pages["/token"] = response(json.dumps(data).encode(), status)
    return site.url("/token")


def form(site: Site) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(site.bodies[0].decode()).items()}


async def test_it_asks_by_the_refresh_grant_with_basic(oauth2: OAuth2, site: Site) -> None:
    tokens = await oauth2.refresh(says(site, {**TOKENS, "refresh_token": "rt_new"}), CREDENTIALS)

    assert (tokens.access_token, tokens.refresh_token) == ("at_new", "rt_new")
    assert tokens.lasts == timedelta(seconds=60)
    assert "new" not in repr(tokens)
    assert form(site) == {"grant_type": "refresh_token", "refresh_token": "rt_secret"}
    sent = site.headers("/token")["authorization"].removeprefix("basic ")
    assert sent == base64.b64encode(b"a+b:x%3Ay%25").decode().lower()


@pytest.mark.parametrize(
    ("changed", "sent"),
    [
        ({"client_auth": "body"}, {"client_id": "a b", "client_secret": "x:y%"}),
        ({"client_secret": None}, {"client_id": "a b"}),
        ({"client_id": None, "client_secret": None}, {}),
    ],
)
async def test_the_client_may_prove_itself_otherwise_or_be_public(
    oauth2: OAuth2, site: Site, changed: dict[str, str | None], sent: dict[str, str]
) -> None:
    credentials = {n: v for n, v in {**CREDENTIALS, **changed}.items() if v is not None}

    await oauth2.refresh(says(site, TOKENS), credentials)

    assert {n: v for n, v in form(site).items() if n.startswith("client")} == sent
    assert "authorization" not in site.headers("/token")


@pytest.mark.parametrize(
    ("changed", "lasts"),
    [({"expires_in": "3600"}, 3600), ({"expires_in": None}, 3600), ({"expires_in": 0.5}, 0.5)],
)
async def test_how_long_tokens_last_may_be_said_in_several_ways(
    oauth2: OAuth2, site: Site, changed: dict[str, Any], lasts: float
) -> None:
    tokens = await oauth2.refresh(says(site, {**TOKENS, **changed}), CREDENTIALS)

    assert tokens.lasts == timedelta(seconds=lasts)
    assert tokens.refresh_token is None


@pytest.mark.parametrize(
    "data",
    [
        {}, [], "at_secret", None, {**TOKENS, "access_token": ""}, {**TOKENS, "access_token": 5},
        {**TOKENS, "expires_in": -1}, {**TOKENS, "expires_in": 1e300}, {"error": "at_secret"},
    ],
)  # fmt: skip
async def test_an_answer_without_tokens_is_garbage_and_not_quoted(
    oauth2: OAuth2, site: Site, data: Any
) -> None:
    with pytest.raises(Garbage) as caught:
        await oauth2.refresh(says(site, data), CREDENTIALS)

    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_tokens_of_another_type_are_not_taken(oauth2: OAuth2, site: Site) -> None:
    with pytest.raises(Discard, match="bearer"):
        await oauth2.refresh(says(site, {**TOKENS, "token_type": "mac"}), CREDENTIALS)


@pytest.mark.parametrize(
    ("error", "status", "raised", "code"),
    [
        ("invalid_grant", "400 Bad", GrantEnded, "invalid_grant"),
        ("invalid_grant", "401 No", GrantEnded, "invalid_grant"),
        ("invalid_client", "401 No", Refused, "unauthorized"),
        ("invalid_request", "400 Bad", Refused, "refused"),
        ("slow_down", "429 Slow", NotTaken, "provider_error"),
        ("server_error", "500 Oops", ProviderError, "provider_error"),
    ],
)
async def test_refusals_are_told_apart_and_repeat_no_secret(
    oauth2: OAuth2, site: Site, error: str, status: str, raised: type[Exception], code: str
) -> None:
    said = {"error": error, "error_description": "rt_secret of a b is no good"}

    with pytest.raises(raised, match="••• of a b is no good") as caught:
        await oauth2.refresh(says(site, said, status), CREDENTIALS)

    assert type(caught.value) is raised
    assert caught.value.code == code  # type: ignore[attr-defined]


async def test_the_operators_client_is_shown_to_its_own_end_point_and_to_no_other(
    site: Site,
) -> None:
    client = {"client_id": "ours", "client_secret": "hush", "client_auth": "body"}
    given = {"refresh_token": "rt_secret"}
    async with Api(settings_for(site)) as api:
        url = says(site, TOKENS)
        await OAuth2(api, {url: client}).refresh(url, given)
        await OAuth2(api, {url + "/elsewhere": client}).refresh(url, given)
        await OAuth2(api, {url: client}).refresh(url, {**given, "client_id": "theirs"})

    asked = [{n: v[0] for n, v in parse_qs(body.decode()).items()} for body in site.bodies]
    assert [(form.get("client_id"), form.get("client_secret")) for form in asked] == [
        ("ours", "hush"),
        (None, None),
        ("theirs", None),
    ]
    assert "authorization" not in site.headers("/token")


def test_googles_client_is_the_settings_own() -> None:
    settings = JobsSettings(google_client_id="us", google_client_secret=SecretStr("hush"))

    assert clients_of(JobsSettings(google_client_id="us")) == {}
    assert clients_of(settings)[GOOGLE_TOKENS]["client_id"] == "us"
