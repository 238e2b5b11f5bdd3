"""The two kinds that deliver, played: by the args they are promised, and telling like the real ones."""

from jobs import Context, processor
from jobs.handoff.message import EmailArgs, SmsArgs


@processor("email_delivery")
async def email_delivery(context: Context, args: EmailArgs) -> EmailArgs:
    """Tells its user that it was sent; twice tells once."""
    await context.notify("brief_email_sent", {"to": args.to})
    return args


@processor("sms_delivery")
async def sms_delivery(context: Context, args: SmsArgs) -> SmsArgs:
    """Returns what it was given."""
    return args
