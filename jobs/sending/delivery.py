"""One mail on its way: given away at most once, and whatever becomes of it is written down.

The row is written twice around the only step that must not be repeated: ``asked_at`` before a server is
given the mail, the end after its answer. Who finds the first without the second knows nothing, and says so.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from functools import partial
from uuid import UUID

from jobs.context import Context
from jobs.errors import Bounced, Discard, JobError, Retry, UnknownEnd
from jobs.kept.emails import (
    EmailRow,
    NewEmail,
    ask_for_email,
    begin_email,
    distrust_address,
    find_email,
    keep_email,
    let_email_go,
)
from jobs.mail.letter import Letter
from jobs.providers.mail_errors import address_is_bad
from jobs.sending.order import Order
from jobs.unstopped import to_its_end

SHORT = 2_000
"""Characters that are rendered in some milliseconds, whatever they are."""
AGAIN = timedelta(seconds=5)
KEEP_PAUSES = (0.1, 0.3, 1.0, 2.0, 4.0)
UNKNOWN = (
    "An earlier attempt gave the mail to a server and did not live to hear the answer. It is not sent"
    " again: submit a new job if it has not come."
)


async def sent_before(context: Context, ident: UUID) -> EmailRow | None:
    """Return the mail if it was sent already. Raises UnknownEnd for one that may have been."""
    async with context.db() as session:
        email = await find_email(session, context.org, context.user, ident)
    if email is None or email.asked_at is None:
        return None
    if email.sent_at is None:
        await give_back(context, email, UnknownEnd(UNKNOWN))
        raise UnknownEnd(UNKNOWN)
    return email


async def take(context: Context, ident: UUID, order: Order) -> EmailRow:
    """Take the mail for this attempt.

    Raises Retry when a later one has it, Discard (``superseded``) when another job sends that code.
    """
    wanted = NewEmail(
        id=ident,
        org_id=context.org,
        user_id=context.user,
        job_id=context.job.id,
        attempt=context.attempt,
        list=order.list,
        address=order.to,
        subject=order.subject,
        message_id=f"<{ident}@{context.providers.mail.sender.domain}>",
        brief_id=order.brief_id,
    )
    async with context.db() as session:
        email = await begin_email(session, wanted)
        if email is not None:
            return email
        other = await find_email(session, context.org, context.user, ident)
    if other is not None and other.job_id != context.job.id:
        raise Discard("Another job sends this code.", code="superseded")
    raise Retry(AGAIN, "Another attempt has the mail.")


async def deliver(context: Context, order: Order, email: EmailRow) -> EmailRow:
    """Send the mail, and write down what became of it, whatever that is."""
    await context.progress(0.3, f"Sending to {email.address}")
    letter = await in_bytes(context, letter_of(context, order, email))
    asked = asyncio.Event()
    return await to_its_end(given_away(context, order, email, letter, asked), asked.is_set)


async def given_away(
    context: Context, order: Order, email: EmailRow, letter: bytes, asked: asyncio.Event
) -> EmailRow:
    """Give the mail to a server; ``asked`` is set when it is about to be."""
    try:
        give = partial(ask, context, email, asked)
        answer = await context.providers.mail.send(email.address, letter, give)
    except Exception as error:
        await give_back(context, email, error)
        if order.own and isinstance(error, Bounced) and address_is_bad(error.answer):
            await distrust(context, email)
        raise
    await context.log("Sent.", answer=answer, message_id=email.message_id)
    return await kept(context, email, answer)


def letter_of(context: Context, order: Order, email: EmailRow) -> Letter:
    """Return the mail as it is sent: in every attempt with the same name, date and link."""
    mail = context.providers.mail
    return Letter(
        sender=mail.sender,
        reply_to=mail.reply_to,
        to=email.address,
        subject=email.subject,
        text=order.text,
        message_id=email.message_id,
        date=email.created_at,
        listed=order.list is not None,
        one_click=mail.unsubscribe_link(email.id) if order.list else None,
    )


async def in_bytes(context: Context, letter: Letter) -> bytes:
    """Return a mail's bytes; a long text takes a while to render, so that is done elsewhere."""
    if len(letter.text) <= SHORT:
        return bytes(letter)
    return await context.run_in_process(bytes, letter)


async def ask(context: Context, email: EmailRow, asked: asyncio.Event) -> None:
    """Note that a server is given the mail now. Raises Retry when it is another attempt's to give."""
    asked.set()
    if context.cancelled:
        raise Discard("It was stopped before it was sent.", code="stopped")
    async with context.db() as session:
        if not await ask_for_email(session, email):
            raise Retry(AGAIN, "Another attempt has the mail.")


async def give_back(context: Context, email: EmailRow, error: Exception) -> None:
    """Note what went wrong; when even that fails, the row says that nobody knows."""
    state = "failed" if isinstance(error, Discard) else "sending"
    code = getattr(error, "code", "interrupted")
    words = getattr(error, "answer", None) or (
        str(error) if isinstance(error, JobError) else type(error).__name__
    )
    known = not isinstance(error, UnknownEnd)
    with suppress(Exception):
        async with context.db() as session:
            await let_email_go(session, email, state, (code, words), refused=known)


async def distrust(context: Context, email: EmailRow) -> None:
    """Let the address be verified again before more mail goes there."""
    await context.log("There is no such mailbox: the address counts as not verified from now on.")
    async with context.db() as session:
        await distrust_address(session, email.org_id, email.user_id, email.address)


async def kept(context: Context, email: EmailRow, answer: str) -> EmailRow:
    """Write that the mail is sent, again and again while Postgres is away: it is known nowhere else."""
    for pause in KEEP_PAUSES:
        try:
            return await written(context, email, answer)
        except Exception as error:
            await context.log(f"The end is not written yet: {type(error).__name__}")
            await context.sleep(pause)
    return await written(context, email, answer)


async def written(context: Context, email: EmailRow, answer: str) -> EmailRow:
    """Write that the mail is sent, in one transaction."""
    async with context.db() as session:
        row = await keep_email(session, email, answer)
    if row is None:
        raise Discard("The mail was sent, but its row is gone.", code="not_found")
    return row
