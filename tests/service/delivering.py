"""The two kinds that deliver, for tests of what sends by them; nothing here is run."""

from uuid import UUID

from pydantic import BaseModel

from jobs import Context, processor


class Message(BaseModel):
    """What both are given, by their promise."""

    to: str
    text: str
    subject: str = ""
    urgent: bool = False
    verification_id: UUID | None = None


@processor("email_delivery")
async def email_delivery(context: Context, args: Message) -> Message:
    """Return what was given; twice is harmless."""
    return args


@processor("sms_delivery")
async def sms_delivery(context: Context, args: Message) -> Message:
    """Return what was given; twice is harmless."""
    return args
