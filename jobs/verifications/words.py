"""What is said to an address that is to be verified. The kind that delivers it adds the code."""

from typing import Any
from uuid import UUID

KINDS = {"email": "email_delivery", "phone": "sms_delivery"}
"""The kind of job that sends a code each way."""
SUBJECT = "Your code to confirm this address"
LETTER = (
    "Somebody, most likely you, wants notifications to be sent to this address. The code below confirms "
    "it; it is valid for 15 minutes. If it was not you, ignore this message: nothing more will be sent."
)
SMS = (
    "Your code to confirm this number, valid for 15 minutes. If you did not ask for it, ignore it."
)


def args_of(way: str, address: str, ident: UUID) -> dict[str, Any]:
    """Return the args of the job that sends the code of ``ident``. A person waits for it: it is urgent."""
    said = {"to": address, "verification_id": str(ident)}
    if way == "email":
        return {**said, "subject": SUBJECT, "text": LETTER}
    return {**said, "text": SMS, "urgent": True}


def masked(way: str, address: str) -> str:
    """Return enough of an address for its owner to know it."""
    if way == "email":
        name, _, domain = address.partition("@")
        return f"{name[:1]}•••@{domain}"
    return f"{address[:3]}•••{address[-2:]}"
