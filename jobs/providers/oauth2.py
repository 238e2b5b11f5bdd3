"""OAuth 2.0 token end points: the refresh grant (RFC 6749, section 6)."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote_plus

from pydantic import BaseModel, Field, SecretStr, ValidationError

from jobs.errors import Discard, Garbage, Refused
from jobs.providers.api import Api, as_form
from jobs.settings import JobsSettings

GOOGLE_TOKENS = "https://oauth2.googleapis.com/token"
TIMEOUT_SECONDS = 10.0
UNTOLD = timedelta(hours=1)
"""How long a token lasts of which the provider does not say it: most last longer."""


class GrantEnded(Refused):
    """The provider takes this refresh token no more: it has expired, was revoked, or used before."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a refresh brought. ``refresh_token`` is None when the old one goes on."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    lasts: timedelta


class TokenAnswer(BaseModel):
    """A token answer (RFC 6749, section 5.1), as far as it matters here."""

    access_token: SecretStr = Field(min_length=1, max_length=8192)
    refresh_token: SecretStr | None = Field(None, max_length=8192)
    expires_in: float | None = Field(None, ge=0, le=10 * 366 * 86_400)


Clients = Mapping[str, Mapping[str, str]]
"""The operator's own clients, by the only token end point each is shown to."""


class OAuth2:
    """Asks token end points for a connection, by its own client or else by the operator's."""

    def __init__(self, api: Api, clients: Clients | None = None) -> None:
        self._api = api
        self._clients = clients or {}

    async def refresh(self, token_url: str, credentials: Mapping[str, str]) -> Tokens:
        """Change the refresh token for new tokens.

        Raises GrantEnded when there is nothing left to change, Refused when the client is not taken,
        ProviderError for what may pass; Garbage too, though then the provider may have changed the token.
        """
        if "client_id" not in credentials:
            credentials = {**credentials, **self._clients.get(token_url, {})}
        form = {"grant_type": "refresh_token", "refresh_token": credentials["refresh_token"]}
        form, headers = authenticated(form, credentials)
        secrets = [v for name, v in credentials.items() if name not in {"client_id", "client_auth"}]
        service = self._api.at(
            token_url, headers=headers, secrets=secrets, timeout_seconds=TIMEOUT_SECONDS
        )
        try:
            answer = await service.post("", as_form(form))
        except Refused as error:
            if isinstance(error.data, dict) and error.data.get("error") == "invalid_grant":
                ended = error.status, error.data, "invalid_grant"
                raise GrantEnded(str(error), *ended) from error
            raise
        return tokens_in(service.base.host, answer.data)


def clients_of(settings: JobsSettings) -> Clients:
    """Return the clients that the settings name."""
    secret = settings.google_client_secret.get_secret_value()
    if not (settings.google_client_id and secret):
        return {}
    google = {"client_id": settings.google_client_id, "client_secret": secret}
    return {GOOGLE_TOKENS: {**google, "client_auth": "body"}}


def authenticated(
    form: dict[str, str], credentials: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return form and headers with the client's proof in one of them (RFC 6749, section 2.3.1)."""
    client, secret = credentials.get("client_id"), credentials.get("client_secret")
    if client is None:
        return form, {}
    if secret is None:
        return {**form, "client_id": client}, {}
    if credentials.get("client_auth") == "body":
        return {**form, "client_id": client, "client_secret": secret}, {}
    both = f"{quote_plus(client)}:{quote_plus(secret)}"
    return form, {"Authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}


def tokens_in(host: str, data: object) -> Tokens:
    """Return the tokens of an answer. Raises Garbage when there are none, Discard for another type."""
    try:
        answer = TokenAnswer.model_validate(data)
    except ValidationError as error:
        # Not "from error": it would show what came in.
        raise Garbage(f"{host} answered without tokens ({error.error_count()} faults).") from None
    kind = data.get("token_type", "bearer") if isinstance(data, dict) else "bearer"
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise Discard(f"{host} gives tokens that are no bearer tokens.", code="token_type")
    refresh = answer.refresh_token.get_secret_value() if answer.refresh_token else None
    lasts = UNTOLD if answer.expires_in is None else timedelta(seconds=answer.expires_in)
    return Tokens(answer.access_token.get_secret_value(), refresh or None, lasts)
