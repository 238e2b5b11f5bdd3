"""Every setting of the front door; with it the model holds all of Jobcast's environment."""

import secrets
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from pydantic import Field, SecretStr, field_validator, model_validator

from jobs.settings import JobsSettings

SHORTEST_SECRET = 32


class ConfigurationError(Exception):
    """The environment does not allow a start; the message says what to set."""


class ServiceSettings(JobsSettings):
    """What the service package reads from the environment. Sizes in bytes, times in seconds.

    Raises ConfigurationError when ``ENV=prod`` lacks a secret. In dev a missing one is made up for
    the life of the process. In prod the process stands behind a router, so there it listens on all
    addresses and believes what the router adds, unless HOST, FORWARDED_ALLOW_IPS and TRUSTED_PROXIES
    say else: ``service.proxies``.
    """

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    forwarded_allow_ips: str = "127.0.0.1"
    trusted_proxies: int = Field(1, ge=0, le=10)
    client_address_header: str = Field("", pattern=r"^[A-Za-z0-9-]*$")
    fly_app_name: str = ""

    jwt_secret: SecretStr = SecretStr("")
    jwt_jwks_url: str = ""
    jwt_issuer: str = ""
    jwt_audience: str = ""
    jwt_leeway_seconds: int = Field(30, ge=0, le=60)
    jwks_cache_seconds: float = 300.0
    jwks_refetch_seconds: float = 60.0
    session_seconds: int = 12 * 3600
    bad_tokens_per_minute: int = Field(30, ge=0)

    max_body_bytes: int = 1024 * 1024
    max_batch_bytes: int = 16 * 1024 * 1024
    body_timeout_seconds: float = 30.0
    max_wait_seconds: int = 25
    shutdown_seconds: int = 15

    @property
    def client_header(self) -> str:
        """Return the header that names the client: the one set, Fly's own on Fly, else X-Forwarded-For."""
        ours = "fly-client-ip" if self.fly_app_name else "x-forwarded-for"
        return self.client_address_header or ours

    @field_validator("forwarded_allow_ips")
    @classmethod
    def check_networks(cls, text: str) -> str:
        """Refuse what would silently believe nobody."""
        for each in text.split(",") if text.strip() != "*" else ():
            if each.strip():
                ip_network(each.strip(), strict=False)
        return text

    @model_validator(mode="before")
    @classmethod
    def require_secrets(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """Refuse to start without secrets in prod, make them up in dev."""
        filled = {name: value for name, value in given.items() if value != ""}
        prod = filled.get("env") == "prod"
        if prod:
            check_secrets(filled)
        filled.setdefault("host", "0.0.0.0" if prod else "127.0.0.1")  # noqa: S104 - behind a router
        filled.setdefault("forwarded_allow_ips", "*" if prod else "127.0.0.1")
        filled.setdefault("secret_key", secrets.token_urlsafe(SHORTEST_SECRET))
        if "jwt_jwks_url" not in filled:
            filled.setdefault("jwt_secret", secrets.token_urlsafe(SHORTEST_SECRET))
        return filled


def check_secrets(given: Mapping[str, Any]) -> None:
    """Raise ConfigurationError, in one sentence, for what ENV=prod cannot do without."""
    if not given.get("jwt_secret") and not given.get("jwt_jwks_url"):
        raise ConfigurationError(
            "ENV=prod needs JWT_SECRET (at least 32 bytes) or JWT_JWKS_URL to know who is calling."
        )
    if not given.get("secret_key"):
        raise ConfigurationError(
            "ENV=prod needs SECRET_KEY (at least 32 bytes) to seal sessions and tickets."
        )
    for name in ("jwt_secret", "secret_key"):
        secret = given.get(name)
        plain = secret.get_secret_value() if isinstance(secret, SecretStr) else str(secret or "")
        if plain and len(plain.encode()) < SHORTEST_SECRET:
            raise ConfigurationError(f"{name.upper()} must be at least 32 bytes long in ENV=prod.")
