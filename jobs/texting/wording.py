"""The words of a message as they go out: its text, or a code that stands nowhere else."""

from jobs.code_words import SMS
from jobs.context import Context
from jobs.errors import Discard
from jobs.kept.sms import SmsRow
from jobs.kept.verifications import find_verification


async def wording(context: Context, row: SmsRow) -> str:
    """Return what is sent. Raises Discard for a verification that is gone, another's or too old."""
    if row.verification_id is None:
        return row.text
    async with context.db() as session:
        found = await find_verification(session, context.org, context.user, row.verification_id)
    if found is None or (found.way, found.address) != ("phone", row.to_number):
        raise Discard("There is no such verification of this number.", code="not_found")
    if found.expired or found.used_at is not None:
        raise Discard("The verification has ended.", code="expired")
    return f"{SMS} {context.providers.codes.of(found)}"
