"""One sending: looked for when an earlier end is unknown, allowed, counted, asked for, kept."""

from contextlib import suppress
from datetime import datetime, timedelta

from jobs.context import Context
from jobs.errors import Discard, Held, JobError, NotTaken, Retry
from jobs.kept.preferences import WishesRow, find_wishes, moment
from jobs.kept.sendings import (
    ask_message,
    fail_message,
    keep_message,
    known_ids,
    not_there,
    pause_message,
    sendings_since,
)
from jobs.kept.sms import (
    OPEN,
    SmsRow,
    find_message,
    hold_message,
    skip_message,
    still_unseen,
    withdraw,
)
from jobs.providers.twilio import Message, SmsRefused
from jobs.providers.twilio_codes import misdelivery
from jobs.texting.consent import check_recipient
from jobs.texting.fate import FAILED, REACHED
from jobs.texting.hours import day_begin, place, quiet_until
from jobs.texting.wording import wording

SETTLING = timedelta(seconds=15)
"""How long after a call without an answer the provider may still make a message of it."""
SOON = timedelta(seconds=30)
STATUS_PATH = "/hooks/twilio/status"
TAKEN_OVER = "Another attempt has taken the message over."


async def send(context: Context, row: SmsRow) -> SmsRow:
    """Send a message that is this attempt's; whatever goes wrong, the row says so.

    Raises Held in quiet hours, Discard for what stays, ProviderError and Retry for what may pass.
    """
    try:
        return await sent(context, row)
    except Held:
        raise
    except BaseException as error:
        with suppress(Exception):  # an attempt that cannot even do that leaves it to the next one
            await give_back(context, row, error)
        raise


async def sent(context: Context, row: SmsRow) -> SmsRow:
    """Take the steps of one sending."""
    text = await wording(context, row)
    if row.unanswered_at is not None:
        row = await look_for(context, row, text, row.unanswered_at)
        if row.state not in OPEN:
            return row
    async with context.db() as session:
        wishes = await find_wishes(session, context.org, context.user)
        now = await moment(session)
    if row.verification_id is None:
        check_recipient(row.to_number, wishes, context.providers.twilio.rules.allowed)
        if (skipped := await skip_seen(context, row)) is not None:
            return skipped
        await hold_if_quiet(context, row, wishes, now)
    asked = await ask(context, row, day_begin(wishes, now))
    return await hand_over(context, asked, text)


async def look_for(context: Context, row: SmsRow, text: str, asked_at: datetime) -> SmsRow:
    """Look whether a sending without an answer was made. Raises Held while it is too early to tell."""
    async with context.db() as session:
        early = asked_at + SETTLING - await moment(session)
    if early > timedelta(0):
        raise Held(early, "It is not known yet whether the message was sent.")
    await context.progress(0.2, "Looking whether it was sent already")
    found = await context.providers.twilio.find(row.to_number, text, asked_at)
    async with context.db() as session:
        known = await known_ids(session, [message.sid for message in found])
    ours = next((message for message in found if message.sid not in known), None)
    if ours is not None and ours.status not in FAILED:
        await context.log("An earlier try had sent it.", provider_id=ours.sid)
        return await keep(context, row, ours)
    async with context.db() as session:
        forgotten = await not_there(session, row)
    if forgotten is None:
        raise Retry(SOON, TAKEN_OVER)
    if ours is not None and not (meaning := misdelivery(ours.status, ours.error_code)).again:
        raise Discard(meaning.words, code=meaning.code)
    return forgotten


async def skip_seen(context: Context, row: SmsRow) -> SmsRow | None:
    """Return the message as one that is not needed when all it tells of was seen meanwhile."""
    async with context.db() as session:
        if not row.inbox_ids or await still_unseen(session, row):
            return None
        return await skip_message(session, row)


async def hold_if_quiet(context: Context, row: SmsRow, wishes: WishesRow, now: datetime) -> None:
    """Raise Held, with the row saying so, while the owner is to be left alone."""
    until = None if row.urgent else quiet_until(wishes, now)
    if until is None:
        return
    async with context.db() as session:
        await hold_message(session, row, until)
    shown = until.astimezone(place(wishes))
    await context.progress(0.0, f"Held until {shown:%H:%M}, the end of the quiet hours")
    raise Held(until - now, "The owner's quiet hours are not over.")


async def ask(context: Context, row: SmsRow, day: datetime) -> SmsRow:
    """Note that the provider is asked now. Raises Discard when the day's texts are used up."""
    cap = context.providers.twilio.rules.daily_cap
    async with context.db() as session:
        if cap and await sendings_since(session, row, day) >= cap:
            raise Discard(f"The owner was sent {cap} texts today already.", code="daily_cap")
        asked = await ask_message(session, row)
    if asked is None:
        raise Retry(SOON, TAKEN_OVER)
    return asked


async def hand_over(context: Context, row: SmsRow, text: str) -> SmsRow:
    """Give the message to the provider and keep what it is called there."""
    await context.progress(0.5, "Sending")
    base = context.providers.twilio.rules.public_url
    told_at = f"{base}{STATUS_PATH}?message={row.id}&sending={row.sendings}" if base else None
    try:
        message = await context.providers.twilio.send(row.to_number, text, told_at)
    except (SmsRefused, NotTaken) as error:
        await refuse(context, row, error)
        raise
    await context.log("Taken by Twilio.", provider_id=message.sid, status=message.status)
    return await keep(context, row, message)


async def keep(context: Context, row: SmsRow, message: Message) -> SmsRow:
    """Keep what the provider calls a sending; how it fares, call-backs tell."""
    state = REACHED.get(message.status, "queued")
    async with context.db() as session:
        kept = await keep_message(session, row, message.sid, state, message.num_segments)
        kept = kept or await find_message(session, (row.org_id, row.user_id), row.id)
    if kept is None or kept.state in OPEN:
        raise Retry(SOON, TAKEN_OVER)
    return kept


async def refuse(context: Context, row: SmsRow, error: SmsRefused | NotTaken) -> None:
    """Note that the provider has not taken it, and take back what its word contradicts."""
    async with context.db() as session:
        if isinstance(error, NotTaken):
            await pause_message(session, row, said(error), refused=True)
            return
        await fail_message(session, row, said(error), refused=True)
        if error.meaning is not None and error.meaning.withdraws is not None:
            await withdraw(session, row, error.meaning.withdraws)


async def give_back(context: Context, row: SmsRow, error: BaseException) -> None:
    """Note what went wrong: for good, or until the next attempt."""
    async with context.db() as session:
        note = fail_message if isinstance(error, Discard) else pause_message
        await note(session, row, said(error), refused=False)


def said(error: BaseException) -> dict[str, object]:
    """Return an error as a message's row tells it."""
    known = isinstance(error, JobError)
    told: dict[str, object] = {
        "code": getattr(error, "code", None) if known else "interrupted",
        "message": str(error)[:500] if known else type(error).__name__,
    }
    if isinstance(error, SmsRefused) and error.number is not None:
        told["provider_code"] = error.number
    return told
