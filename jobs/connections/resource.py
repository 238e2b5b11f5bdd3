"""How connections look from outside, and what may be asked of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from jobs.kept.connections import ConnectionRow
from jobs.page import Page
from jobs.resource import Resource


class ConnectionResource(Resource):
    """An account with a provider. Its credentials are never shown, only which of them it holds."""

    id: UUID
    provider: str
    name: str
    base_url: str = Field(description="Where the provider's API is")
    token_url: str = Field(description="Where its tokens are refreshed")
    account: str = Field(description="Who one is there, for people")
    holds: list[str] = Field(description="Which credentials there are, by name")
    expires_at: datetime | None = Field(description="When the access token ends")
    status: Literal["active", "expired", "revoked"]
    status_reason: str | None = Field(description="Why it is not active, or what last went wrong")
    refreshed_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: ConnectionRow) -> "ConnectionResource":
        """Return ``row`` as its owner sees it."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class ConnectionPage(Page[ConnectionResource]):
    """Some connections, newest first."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A connection somebody asks for. Its repr tells no credentials."""

    provider: str
    name: str
    credentials: Mapping[str, str] = field(repr=False)
    base_url: str = ""
    token_url: str = ""
    account: str = ""
    expires_at: datetime | None = None
