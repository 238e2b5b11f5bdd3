"""What is said to an address that is to be verified. The kind that delivers it adds the code."""

from typing import Any
from uuid import UUID

from jobs.code_words import LETTER, SMS, SUBJECT

KINDS = {"email": "email_delivery", "phone": "sms_delivery"}
"""The kind of job that sends a code each way."""


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
