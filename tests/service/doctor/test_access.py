from typing import Any

import pytest

from service.doctor import Finding
from service.doctor.access import Given, examine_access, examine_published_keys
from tests.service.test_jwks import ED, Provider, provider

__all__ = ["provider"]

LONG = "0123456789abcdef0123456789abcdef"


def levels(**given: Any) -> dict[str, str]:
    return {f.name: str(f.level) for f in examine_access(Given(**given))}


def test_everything_set_is_well() -> None:
    known = {"jwt_secret": LONG, "secret_key": LONG, "allowed_origins": "https://app.example.com"}

    found = levels(env="prod", **known, metrics_token="who asks")

    assert found == {"tokens": "ok", "secret key": "ok", "origins": "ok", "metrics": "ok"}


@pytest.mark.parametrize(("env", "level"), [("dev", "warn"), ("prod", "fail")])
def test_missing_secrets_fail_in_production(env: str, level: str) -> None:
    found = levels(env=env)

    assert (found["tokens"], found["secret key"], found["origins"]) == (level, level, "ok")


def test_a_short_secret_is_told() -> None:
    assert levels(jwt_secret="short")["tokens"] == "warn"


def test_a_key_set_without_an_audience_is_told() -> None:
    url = "https://id.example.com/jwks"

    assert levels(jwt_jwks_url=url)["tokens"] == "warn"
    assert levels(jwt_jwks_url=url, jwt_audience="jobcast")["tokens"] == "ok"


@pytest.mark.parametrize("origins", ["*", "app.example.com", "https://*.example.com"])
def test_loose_origins_are_told(origins: str) -> None:
    assert levels(allowed_origins=origins)["origins"] == "warn"


@pytest.mark.parametrize(
    ("secret", "level"),
    [("short", "warn"), (f"{LONG},short", "warn"), (f"{LONG}, {LONG}", "warn"), (LONG, "ok")],
)  # fmt: skip
def test_a_short_key_and_a_change_of_keys_are_told(secret: str, level: str) -> None:
    assert levels(secret_key=secret)["secret key"] == level


@pytest.mark.parametrize(("env", "level"), [("dev", "ok"), ("prod", "warn")])
def test_metrics_open_to_anybody_are_told_in_production(env: str, level: str) -> None:
    assert levels(env=env)["metrics"] == level


async def published(url: str) -> list[Finding]:
    return [finding async for finding in examine_published_keys(Given(jwt_jwks_url=url))]


async def test_published_keys_are_fetched(provider: Provider) -> None:
    provider.publish(one=ED)

    [found] = await published(provider.url)

    assert str(found.level) == "ok"
    assert found.message == "1 usable: EdDSA"


async def test_published_keys_that_are_none_or_cannot_be_fetched_fail(provider: Provider) -> None:
    [none] = await published(provider.url)
    [away] = await published("http://127.0.0.1:9/jwks")

    assert (str(none.level), str(away.level)) == ("fail", "fail")
    assert "JWT_JWKS_URL" in away.advice


async def test_without_published_keys_none_are_looked_for() -> None:
    assert await published("") == []
