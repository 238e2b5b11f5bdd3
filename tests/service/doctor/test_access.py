from typing import Any

import pytest

from service.doctor.access import Given, examine_access

LONG = "0123456789abcdef0123456789abcdef"


def levels(**given: Any) -> dict[str, str]:
    return {f.name: str(f.level) for f in examine_access(Given(**given))}


def test_everything_set_is_well() -> None:
    known = {"jwt_secret": LONG, "secret_key": LONG, "allowed_origins": "https://app.example.com"}

    assert levels(env="prod", **known) == {"tokens": "ok", "secret key": "ok", "origins": "ok"}


@pytest.mark.parametrize(("env", "level"), [("dev", "warn"), ("prod", "fail")])
def test_missing_secrets_fail_in_production(env: str, level: str) -> None:
    assert levels(env=env) == {"tokens": level, "secret key": level, "origins": "ok"}


def test_a_short_secret_is_told() -> None:
    assert levels(jwt_secret="short")["tokens"] == "warn"


def test_a_key_set_without_an_audience_is_told() -> None:
    url = "https://id.example.com/jwks"

    assert levels(jwt_jwks_url=url)["tokens"] == "warn"
    assert levels(jwt_jwks_url=url, jwt_audience="jobcast")["tokens"] == "ok"


@pytest.mark.parametrize("origins", ["*", "app.example.com", "https://*.example.com"])
def test_loose_origins_are_told(origins: str) -> None:
    assert levels(allowed_origins=origins)["origins"] == "warn"
