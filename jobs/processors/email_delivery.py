"""Kind ``email_delivery``: one mail to one mailbox, once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from jobs.code_words import LETTER, SUBJECT
from jobs.context import Context
from jobs.ids import derived_uuid7
from jobs.kept.emails import EmailRow
from jobs.mail.address import Address, ascii_address
from jobs.mail.letter import one_line
from jobs.mail.lists import MailingList
from jobs.processor import processor
from jobs.retry import steps
from jobs.sending import Order, asked_for, deliver, permitted, sent_before, take

LONGEST_SUBJECT = 200
LONGEST_TEXT = 100_000
MOST_IDS = 100


def on_one_line(subject: str) -> str:
    """Return a subject as a header holds it. Raises ValueError when nothing is left."""
    if not (line := one_line(subject)[:LONGEST_SUBJECT]):
        raise ValueError("a subject needs a word at least")
    return line


class Args(BaseModel):
    """The mail, and where it goes."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "to": "ann@example.com",
                    "subject": "The garden opens",
                    "text": "It opens on **Sunday**.\n\n* Gate: ten o'clock\n* [Map](https://garden.example)",
                }
            ]
        },
    )

    to: Address | None = Field(
        None, description="Your own verified address, or one the operator allows; default: your own"
    )
    subject: Annotated[
        str, StringConstraints(min_length=1, max_length=1_000), AfterValidator(on_one_line)
    ] = Field(description="Line breaks become blanks; cut at 200 characters")
    text: str = Field(
        min_length=1,
        max_length=LONGEST_TEXT,
        description="Markdown: the text part as it is, the HTML part made from it",
    )
    inbox_ids: Sequence[UUID] = Field(
        (), max_length=MOST_IDS, description="The notifications it tells of"
    )
    brief_id: UUID | None = Field(None, description="The brief it holds")
    verification_id: UUID | None = Field(
        None,
        description="A code that was asked for to verify `to`: it is sent, with words of its own",
    )
    list: MailingList | None = Field(
        None,
        description="What its link unsubscribes from; default: `brief` with a brief_id, `handoff` with "
        "inbox_ids, else `other`",
    )


class Result(BaseModel):
    """What became of it."""

    email_id: UUID = Field(description="At /api/emails")
    to: str
    message_id: str
    answer: str = Field(description="What the mail server said when it took the mail")
    sent_at: datetime
    repeated: bool = Field(description="It was sent before; nothing was sent by this attempt")


@processor(
    "email_delivery",
    timeout=timedelta(minutes=1),
    max_attempts=5,
    backoff=steps(*(timedelta(minutes=m) for m in (1, 5, 15, 60))),
    concurrency=20,
    notify="failures",
    failed_as="email_delivery_failed",
)
async def email_delivery(context: Context, args: Args) -> Result:
    """Send one mail to a verified address, or to one that the operator allows.

    Running it twice sends once: the mail's row, named by the job (or by the code it holds), says before
    the server is given the mail that it will be, and after its answer what became of it. A mail of which
    only the first was written may have gone, so it is not sent again: the job fails with ``unknown_end``.
    """
    await context.progress(0.0, "Looking at whom it goes to")
    context.providers.mail.require()
    ident = derived_uuid7(args.verification_id or context.job.id, "email")
    email = await sent_before(context, ident)
    repeated = email is not None
    if email is None:
        order = await ordered(context, args)
        email = await take(context, ident, order)
        email = await deliver(context, order, email)
    await tell(context, args, email)
    await context.progress(1.0, f"Sent to {email.address}")
    return result_of(email, repeated=repeated)


async def ordered(context: Context, args: Args) -> Order:
    """Return what may be sent. Raises Discard for what may not."""
    owner, providers = (context.org, context.user), context.providers
    async with context.db() as session:
        if args.verification_id is not None:
            asked = await asked_for(session, owner, args.verification_id, args.to)
            text = f"{LETTER}\n\n{providers.codes.of(asked)}"
            return Order(ascii_address(asked.address), False, None, SUBJECT, text)
        about = args.list or derived_list(args)
        to, own = await permitted(session, owner, args.to, about, providers.mail.allowed)
    return Order(to, own, about, args.subject, args.text, args.brief_id)


def derived_list(args: Args) -> MailingList:
    """Return what a mail is about when it is not said."""
    if args.brief_id is not None:
        return MailingList.BRIEF
    return MailingList.HANDOFF if args.inbox_ids else MailingList.OTHER


async def tell(context: Context, args: Args, email: EmailRow) -> None:
    """Tell the owner. A mail about notifications is no news itself, nor is one with a code."""
    if args.brief_id is not None:
        data = {"brief_id": str(args.brief_id), "email_id": str(email.id)}
        await context.notify("brief_email_sent", data)
    elif not args.inbox_ids and args.verification_id is None:
        data = {"email_id": str(email.id), "to": email.address, "subject": email.subject}
        await context.notify("email_sent", data)


def result_of(email: EmailRow, *, repeated: bool) -> Result:
    """Return a sent mail as this kind's result."""
    return Result(
        email_id=email.id,
        to=email.address,
        message_id=email.message_id,
        answer=email.answer or "",
        sent_at=email.sent_at or email.updated_at,
        repeated=repeated,
    )
