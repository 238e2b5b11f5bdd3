"""What may be said of any job beside its kind and args: submitted alone, in a batch, or by a schedule."""

from datetime import timedelta
from typing import Annotated, Any

import orjson
from pydantic import (
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    WithJsonSchema,
    field_validator,
)

from service.bodies import Body

LONGEST_DELAY = timedelta(days=366)
LONGEST_TIMEOUT = timedelta(hours=24)
MOST_METADATA = 50
LARGEST_METADATA = 16 * 1024
Word = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=255)]
DURATION = {"anyOf": [{"type": "number"}, {"type": "string", "format": "duration"}]}
Duration = Annotated[timedelta, WithJsonSchema(DURATION)]


class JobOptions(Body):
    """Options that every job may have."""

    priority: StrictInt = Field(0, ge=-100, le=100, description="A head start in seconds")
    max_attempts: StrictInt | None = Field(None, ge=1, le=20)
    timeout: Duration | None = Field(None, description="For one attempt; at most a day")
    expires_in: Duration | None = Field(None, description="Expires unless started by then")
    concurrency_key: Key | None = Field(
        None, description="Jobs of the org with the same key run one at a time"
    )
    notify: StrictBool | None = Field(
        None, description="Make an inbox entry when it is over; left out, the kind decides"
    )
    tags: list[Word] = Field(default_factory=list, max_length=20)
    metadata: dict[Word, Any] = Field(default_factory=dict, max_length=MOST_METADATA)

    @field_validator("timeout")
    @classmethod
    def check_timeout(cls, timeout: timedelta | None) -> timedelta | None:
        """Refuse a time-out that would end every attempt, or none."""
        if timeout is not None and not timedelta(0) < timeout <= LONGEST_TIMEOUT:
            raise ValueError("timeout must be more than 0 and at most a day")
        return timeout

    @field_validator("expires_in")
    @classmethod
    def check_expiry(cls, expires_in: timedelta | None) -> timedelta | None:
        """Refuse a time that has run out at once, or never does."""
        if expires_in is not None and not timedelta(0) < expires_in <= LONGEST_DELAY:
            raise ValueError("expires_in must be more than 0 and at most a year")
        return expires_in

    @field_validator("metadata")
    @classmethod
    def check_size(cls, metadata: dict[str, Any]) -> dict[str, Any]:
        """Refuse more metadata than a list of jobs should carry along."""
        if len(orjson.dumps(metadata)) > LARGEST_METADATA:
            raise ValueError(f"metadata may be at most {LARGEST_METADATA} bytes of JSON")
        return metadata
