"""Looking after a message of which nothing was heard: a call-back may be lost, or nobody asked for one."""

from jobs.context import Context
from jobs.errors import Discard, JobError
from jobs.kept.sendings import move_message
from jobs.kept.sms import SmsRow, find_message, withdraw
from jobs.texting.fate import NEWS, CallBack, Change, change_of, error_of, news_of

UNDER_WAY = frozenset({"queued", "sent"})


async def follow(context: Context, row: SmsRow) -> SmsRow:
    """Ask the provider how a message fares, and move it as a call-back would.

    What the provider does not answer now it is asked later. Raises Discard, with the owner told, when the
    message is found never to arrive.
    """
    heard = await ask(context, row)
    change = change_of(heard, row) if heard is not None else None
    if heard is None or change is None:
        return row
    async with context.db() as session:
        mine = await move_message(
            session, row, change.state, error_of(heard, change), change.again_in
        )
        if mine and change.lost and change.lost.withdraws:
            await withdraw(session, row, change.lost.withdraws)
        now = await find_message(session, (row.org_id, row.user_id), row.id)
    await context.log("Found out how it fares.", status=heard.status)
    if mine:
        await give_up(context, row, change)
    return now or row


async def ask(context: Context, row: SmsRow) -> CallBack | None:
    """Return what the provider says of a message under way; None when it cannot be asked."""
    if row.state not in UNDER_WAY or row.provider_id is None:
        return None
    try:
        message = await context.providers.twilio.read(row.provider_id)
    except JobError as error:
        await context.log(f"How it fares is not known: {error}")
        return None
    return CallBack(message.sid, message.status, message.error_code, row.id, row.sendings)


async def give_up(context: Context, row: SmsRow, change: Change) -> None:
    """Raise Discard for a message that never arrives, with the owner told."""
    if change.lost is not None:
        await context.notify(NEWS, news_of(row, change.lost))
        raise Discard(change.lost.words, code=change.lost.code, told=True)
