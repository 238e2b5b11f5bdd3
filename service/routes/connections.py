"""Connections over HTTP: accounts that jobs act with elsewhere. Credentials go in and never come out."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, StrictFloat, StringConstraints, model_validator
from starlette.responses import Response

from jobs.connections import ConnectionPage, ConnectionResource, Wanted
from service.bodies import Body
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.routes.paging import PageQuery, page_of, page_response
from service.written import Instant

Text = Annotated[str, StringConstraints(max_length=200)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Url = Annotated[str, StringConstraints(max_length=2000)]
Provider = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=8192)]
LONGEST_LIFE_SECONDS = 10 * 366 * 86_400


class CredentialsRequest(Body):
    """What the provider wants to see. Sealed when kept; write-only."""

    access_token: Secret | None = None
    refresh_token: Secret | None = None
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=1000)] | None = None
    client_secret: Secret | None = None
    client_auth: Literal["basic", "body"] | None = Field(
        None, description="How the client proves itself where tokens are refreshed; default `basic`"
    )
    secret: Secret | None = Field(None, description="What signs, for providers that share a secret")

    def plain(self) -> dict[str, str]:
        """Return those that were given, unmasked."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return {
            name: value.get_secret_value() if isinstance(value, SecretStr) else value
            for name, value in given.items()
            if value is not None
        }

    @model_validator(mode="after")
    def check_client(self) -> Self:
        """Refuse a client's secret without the client."""
        if self.client_secret is not None and self.client_id is None:
            raise ValueError("client_secret needs client_id")
        return self


class Expiry(Body):
    """When the access token ends: a time, or in how many seconds (what a token answer says)."""

    expires_at: Instant | None = None
    expires_in: StrictFloat | None = Field(
        None, ge=0, le=LONGEST_LIFE_SECONDS, description="Seconds"
    )

    @model_validator(mode="after")
    def check_choice(self) -> Self:
        """Refuse both."""
        if self.expires_at is not None and self.expires_in is not None:
            raise ValueError("give expires_at or expires_in, not both")
        return self

    def ends_at(self) -> datetime | None:
        """Return when, if it was said."""
        if self.expires_in is not None:
            return datetime.now(UTC) + timedelta(seconds=self.expires_in)
        return self.expires_at


class ConnectionRequest(Expiry):
    """A connection to be kept. Its addresses are on usual ports in the public internet."""

    provider: Provider = Field(description="`mastodon`, `webhook`, `oauth2` or another")
    name: Name = Field(description="What you call it")
    base_url: Url = ""
    token_url: Url = Field("", description="Default: `/oauth/token` below base_url")
    account: Text = ""
    credentials: CredentialsRequest = Field(default_factory=CredentialsRequest)


class ConnectionChange(Expiry):
    """What to change; what is left out stays. Credentials are replaced as a whole."""

    name: Name | None = None
    base_url: Url | None = Field(None, description="Another one needs new credentials")
    token_url: Url | None = Field(None, description="Another one needs new credentials")
    account: Text | None = None
    credentials: CredentialsRequest | None = None
    status: Literal["revoked"] | None = Field(None, description="Let no job use it any more")

    def changes(self) -> dict[str, Any]:
        """Return what was given."""
        plain = self.model_dump(exclude={"expires_in", "credentials"}, exclude_none=True)
        if {"expires_at", "expires_in"} & self.model_fields_set:
            plain["expires_at"] = self.ends_at()
        if self.credentials is not None:
            plain["credentials"] = self.credentials.plain()
        return plain


class ConnectionQuery(PageQuery):
    """Which connections to list."""

    provider: str | None = Field(None, max_length=50)


@operation(
    scope="jobs:read",
    query=ConnectionQuery,
    answers={200: page_of(ConnectionPage)},
    problems=(400, 422),
)
async def list_connections(call: Call) -> Response:
    """List my connections, newest first."""
    query = call.query_as(ConnectionQuery)
    page = await call.resources.connections.list(
        call.caller, query.provider, query.after, query.limit
    )
    return page_response(call, page)


@operation(
    scope="jobs:write",
    body=ConnectionRequest,
    answers={201: Answer("Kept", ConnectionResource, headers={"Location": "The connection"})},
    problems=(400, 409, 415, 422),
    records=("connection.create",),
)
async def create_connection(call: Call) -> Response:
    """Keep a connection. Its credentials are sealed and never shown again."""
    asked = await call.body_as(ConnectionRequest)
    wanted = Wanted(
        provider=asked.provider,
        name=asked.name,
        credentials=asked.credentials.plain(),
        base_url=asked.base_url,
        token_url=asked.token_url,
        account=asked.account,
        expires_at=asked.ends_at(),
    )
    made = await call.resources.connections.create(call.caller, wanted)
    return json_response(made, 201, {"Location": f"/api/connections/{made.id}"})


@operation(
    scope="jobs:read", answers={200: Answer("The connection", ConnectionResource)}, problems=(404,)
)
async def read_connection(call: Call) -> Response:
    """Read a connection."""
    return json_response(await call.resources.connections.get(call.caller, call.id))


@operation(
    scope="jobs:write",
    body=ConnectionChange,
    answers={200: Answer("The connection", ConnectionResource)},
    problems=(400, 404, 415, 422),
    records=("connection.change",),
)
async def change_connection(call: Call) -> Response:
    """Change a connection, give it new credentials, or revoke it. New credentials make it active."""
    ident = call.id
    changes = (await call.body_as(ConnectionChange)).changes()
    return json_response(await call.resources.connections.change(call.caller, ident, changes))


@operation(
    scope="jobs:write",
    answers={204: Answer("Deleted")},
    problems=(404,),
    records=("connection.delete",),
)
async def delete_connection(call: Call) -> Response:
    """Delete a connection with its credentials. Nothing is said to the provider."""
    await call.resources.connections.delete(call.caller, call.id)
    return Response(status_code=204)
