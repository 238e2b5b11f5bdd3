"""How a code on its way looks from outside: where it goes, until when it is good."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from jobs.resource import Resource

Way = Literal["email", "phone"]


class VerificationResource(Resource):
    """A code that was asked for."""

    way: Way
    to: str = Field(description="The address, masked")
    expires_at: datetime = Field(description="When the code is good no longer")
    job: UUID = Field(description="The job that sends it")
