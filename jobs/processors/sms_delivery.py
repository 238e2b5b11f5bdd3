"""Kind ``sms_delivery``: a text to its owner's telephone, when they want it, once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from jobs.context import Context
from jobs.errors import Discard, Retry
from jobs.ids import derived_uuid7
from jobs.kept.preferences import find_wishes
from jobs.kept.sms import (
    OPEN,
    NewSms,
    SmsRow,
    State,
    begin_again,
    begin_look,
    begin_message,
    find_message,
    take_message,
)
from jobs.processor import processor
from jobs.retry import steps
from jobs.texting.following import follow
from jobs.texting.numbers import e164
from jobs.texting.sending import SOON, TAKEN_OVER, send
from jobs.tick import Due, Tick

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

KIND = "sms_delivery"
MOST_IDS = 100
LONGEST_TEXT = 1_500
SKIPPED = "Not sent: all it tells of was seen"

Number = Annotated[str, Field(max_length=40), AfterValidator(e164)]


class Args(BaseModel):
    """What to text, and to whom."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"text": "The garden opens at nine.", "urgent": False}]},
    )

    to: Number | None = Field(
        None, description="With its country code; default: the phone in your preferences"
    )
    text: str | None = Field(None, min_length=1, max_length=LONGEST_TEXT)
    urgent: bool = Field(False, description="Do not wait for the end of quiet hours")
    inbox_ids: list[UUID] = Field(
        default_factory=list,
        max_length=MOST_IDS,
        description="Inbox entries it tells of; when all were seen, it is not sent",
    )
    verification_id: UUID | None = Field(
        None,
        description="Sends the code of this verification, with words of its own instead of `text`",
    )
    message_id: UUID | None = Field(
        None, description="Instead of a text: a message of yours to be sent again or looked after"
    )

    @model_validator(mode="after")
    def one_message(self) -> Self:
        """Refuse none or two of them."""
        if (self.text is None) == (self.message_id is None):
            raise ValueError("give exactly one of text and message_id")
        return self


class Result(BaseModel):
    """What became of it so far; how it fares from here is at /api/sms."""

    message_id: UUID = Field(description="At /api/sms/{id}")
    to: str
    state: State
    provider_id: str | None = Field(description="What the provider calls it")
    segments: int | None = Field(description="As how many texts the provider counts it")
    sent_at: datetime | None = Field(description="When the provider took it")
    repeated: bool = Field(description="It had been sent before; nothing was sent by this job")


async def due_again(session: "AsyncSession", now: datetime, limit: int) -> Sequence[Due]:
    """Return the messages that are to be sent again now, and those to be looked after."""
    again = await begin_again(session, limit)
    found = [*again, *await begin_look(session, limit - len(again))]
    return [
        Due(org, user, Args(message_id=message), f"sms:{message}:{sendings}")
        for org, user, message, sendings in found
    ]


@processor(
    KIND,
    timeout=timedelta(seconds=30),
    max_attempts=3,
    backoff=steps(timedelta(seconds=30), timedelta(minutes=2)),
    notify="failures",
    failed_as="sms_failed",
    tick=Tick("* * * * *", due_again),
)
async def sms_delivery(context: Context, args: Args) -> Result:
    """Text the owner of the job, if they allow it and outside of their quiet hours.

    Running it twice sends once. A job has one message, whose row says before the provider is asked that it
    is; an attempt that finds such a row without an answer looks first whether the provider has the message.
    """
    context.providers.twilio.check()
    await context.progress(0.0, "Looking at whom to text")
    row = await taken(context, args)
    if row.state in OPEN:
        row = await send(context, row)
    elif args.message_id is not None:
        row = await follow(context, row)
    mine = row.job_id == context.job.id
    if mine and is_news(args, row):
        await context.notify("sms_sent", {"message_id": str(row.id), "to": row.to_number})
    await context.progress(1.0, SKIPPED if row.state == "skipped" else "Sent")
    return result_of(row, repeated=not mine)


async def taken(context: Context, args: Args) -> SmsRow:
    """Return the message: this attempt's to send, or sent already. Raises Discard, Retry."""
    owner, job = (context.org, context.user), (context.job.id, context.attempt)
    async with context.db() as session:
        if args.message_id is not None:
            row = await take_message(session, owner, args.message_id, *job)
            row = row or await find_message(session, owner, args.message_id)
        else:
            new = await new_message(session, context, args)
            row = await begin_message(session, new) or await find_message(session, owner, new.id)
    if row is None:
        raise Discard("There is no such message.", code="not_found")
    if row.state in OPEN and (row.job_id, row.attempt) != job:
        raise Retry(SOON, TAKEN_OVER)
    if row.state in {"failed", "undelivered"}:
        raise Discard("The message has failed for good.", code="ended")
    return row


async def new_message(session: "AsyncSession", context: Context, args: Args) -> NewSms:
    """Return the message as it begins; the text of a verification is one, whichever job sends it."""
    to = args.to or (await find_wishes(session, context.org, context.user)).phone
    if to is None:
        raise Discard("The owner's preferences name no phone.", code="no_phone")
    return NewSms(
        id=derived_uuid7(args.verification_id or context.job.id, "sms"),
        org_id=context.org,
        user_id=context.user,
        job_id=context.job.id,
        attempt=context.attempt,
        to_number=to,
        text=args.text or "",
        urgent=args.urgent,
        inbox_ids=args.inbox_ids,
        verification_id=args.verification_id,
    )


def is_news(args: Args, row: SmsRow) -> bool:
    """Say whether it is news that a text went out: not one about the inbox, with a code, or sent again."""
    again = args.message_id is not None
    return not (again or row.inbox_ids or row.verification_id or row.state == "skipped")


def result_of(row: SmsRow, *, repeated: bool) -> Result:
    """Return a message as this kind's result."""
    return Result(
        message_id=row.id,
        to=row.to_number,
        state=row.state,
        provider_id=row.provider_id,
        segments=row.segments,
        sent_at=row.sent_at,
        repeated=repeated,
    )
