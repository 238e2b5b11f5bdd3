"""How webhooks and their deliveries look from outside, and what may be asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import Field, StringConstraints

from jobs.event_models import JobEventType
from jobs.page import Page
from jobs.resource import Resource
from jobs.store import DeliveryRow, WebhookRow

JOB_EVENTS = [name.removeprefix("job.") for name in get_args(JobEventType)]
EventName = Annotated[
    str,
    StringConstraints(
        max_length=200,
        pattern=(
            rf"^(job\.(\*|{'|'.join(JOB_EVENTS)})|batch\.(\*|completed)|notification\.(\*|[\w.-]+)"
            r"|inbox\.unseen)$"
        ),
    ),
]
"""A type of event a webhook can hear of, or ``job.*``, ``batch.*``, ``notification.*``.

``inbox.unseen`` tells of its owner's notifications only, whatever ``whole_org`` says.
"""


class WebhookResource(Resource):
    """Where events are sent. Its secret is shown only when it is made and when it is rotated."""

    id: UUID
    url: str
    description: str
    events: list[str] = Field(description="Empty on a job's webhook: final states only")
    for_job: bool = Field(description="Made by a job that named this url")
    whole_org: bool = Field(description="Whether it hears of the whole org's jobs")
    enabled: bool
    disabled_at: datetime | None = None
    disabled_reason: str | None = None
    failing_since: datetime | None = Field(None, description="First failure since the last success")
    old_secret_until: datetime | None = Field(None, description="Until then two secrets sign")
    created_at: datetime

    @classmethod
    def of(cls, row: WebhookRow) -> "WebhookResource":
        """Return ``row`` as its owner sees it."""
        return cls(**shown(row))


class WebhookWithSecret(WebhookResource):
    """A webhook and, this once, its secret."""

    secret: str = Field(
        repr=False, description="`whsec_…`; verifies every delivery. It is not shown again"
    )

    @classmethod
    def revealing(cls, row: WebhookRow, secret: str) -> "WebhookWithSecret":
        """Return ``row`` with the secret that was just made for it."""
        return cls(**shown(row), secret=secret)


def shown(row: WebhookRow) -> "dict[str, object]":
    """Return the fields a row and its resource share."""
    same = set(WebhookResource.model_fields) - {"enabled"}
    return {"enabled": row.disabled_at is None, **{name: getattr(row, name) for name in same}}


class WebhookPage(Page[WebhookResource]):
    """Some webhooks, newest first."""


class DeliveryState(StrEnum):
    """Where a delivery is. Failed ones, and those a disabled webhook holds, wait for a replay."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class DeliveryResource(Resource):
    """One event on its way to one webhook. ``message`` is its `webhook-id`, the same for every try."""

    id: UUID
    message: str
    type: str
    subject_id: UUID | None = Field(
        description="The job, batch or notification it tells of; the webhook itself for a test"
    )
    state: DeliveryState
    tries: int
    status: int | None = Field(description="What the receiver answered to the last try")
    problem: str | None = Field(description="What went wrong with the last try")
    next_try_at: datetime | None
    created_at: datetime
    delivered_at: datetime | None

    @classmethod
    def of(cls, row: DeliveryRow) -> "DeliveryResource":
        """Return ``row`` as the webhook's owner sees it."""
        return cls(
            id=row.id,
            message=f"msg_{row.id.hex}",
            subject_id=row.subject_id,
            state=state_of(row),
            next_try_at=row.next_at,
            **{name: getattr(row, name) for name in SAME},
        )


SAME = ("type", "tries", "status", "problem", "created_at", "delivered_at")


def state_of(row: DeliveryRow) -> DeliveryState:
    """Return where a delivery is."""
    if row.delivered_at is not None:
        return DeliveryState.DELIVERED
    return DeliveryState.FAILED if row.next_at is None else DeliveryState.PENDING


class DeliveryPage(Page[DeliveryResource]):
    """Some deliveries, newest first."""


class Replayed(Resource):
    """How many deliveries were put on their way again."""

    replayed: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A webhook somebody asks for."""

    url: str
    events: Sequence[str]
    description: str = ""
    whole_org: bool = False


@dataclass(frozen=True, slots=True)
class Replay:
    """Which deliveries to send again: these, or all in ``state`` made since ``since``."""

    ids: Sequence[UUID] | None = None
    since: datetime | None = None
    state: Literal["failed", "delivered"] = "failed"
