from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from service.settings import ConfigurationError, ServiceSettings

LONG = "x" * 32


def test_dev_makes_up_missing_secrets_for_the_life_of_the_process() -> None:
    first, second = ServiceSettings(), ServiceSettings()

    assert len(first.jwt_secret.get_secret_value()) >= 32
    assert len(first.secret_key.get_secret_value()) >= 32
    assert first.jwt_secret != second.jwt_secret


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"secret_key": LONG}, "JWT_SECRET"),
        ({"jwt_secret": "", "secret_key": LONG}, "JWT_SECRET"),
        ({"jwt_secret": LONG}, "SECRET_KEY"),
        ({"jwt_secret": "short", "secret_key": LONG}, "JWT_SECRET"),
        ({"jwt_jwks_url": "https://id.example/keys", "secret_key": "short"}, "SECRET_KEY"),
    ],
)
def test_prod_refuses_to_start_without_secrets_and_names_what_is_missing(
    given: dict[str, Any], named: str
) -> None:
    with pytest.raises(ConfigurationError, match=named) as refusal:
        ServiceSettings(env="prod", **given)

    assert "\n" not in str(refusal.value)


def test_prod_reads_its_secrets_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ENV": "prod", "JWT_SECRET": LONG, "SECRET_KEY": LONG}.items():
        monkeypatch.setenv(name, value)

    settings = ServiceSettings()

    assert (settings.env, settings.jwt_secret) == ("prod", SecretStr(LONG))
    assert settings.host == "0.0.0.0"  # noqa: S104 - compared, not bound


def test_published_keys_alone_are_enough_in_prod() -> None:
    settings = ServiceSettings(env="prod", jwt_jwks_url="https://id.example/k", secret_key=LONG)

    assert settings.jwt_secret.get_secret_value() == ""


def test_secrets_are_not_shown() -> None:
    assert LONG not in repr(ServiceSettings(jwt_secret=LONG, secret_key=LONG))


@pytest.mark.parametrize("given", [{"port": -1}, {"port": 70000}, {"jwt_leeway_seconds": 61}])
def test_impossible_numbers_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ServiceSettings(**given)
