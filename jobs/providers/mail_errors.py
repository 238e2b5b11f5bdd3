"""What a mail server's refusal means: whether to come again, and whether the address is to blame."""

import re

from jobs.errors import Bounced, Discard, Garbage, JobError, ProviderError
from jobs.providers.text import clean, tidy

PASSING = range(400, 500)
FINAL = range(500, 600)
LONGEST = 300
UNAUTHORIZED = frozenset({530, 534, 535, 538})
NO_MAILBOX = frozenset({550, 551, 553})
ENHANCED = re.compile(r"^([245])\.(\d{1,3})\.(\d{1,3})\b")
BAD_ADDRESS = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)})
"""RFC 3463 and 7505: no such mailbox, system or syntax; moved away; takes no mail; disabled."""


def outcome_of(host: str, error: Exception) -> JobError:
    """Return what a failed conversation leads to: ProviderError for what may pass, else a Discard."""
    import aiosmtplib as smtp  # noqa: PLC0415 - it is loaded: it has just raised

    if isinstance(error, smtp.SMTPResponseException):
        about = isinstance(error, smtp.SMTPRecipientRefused | smtp.SMTPDataError)
        return refusal(host, error.code, error.message, about_mail=about)
    if isinstance(error, TimeoutError):
        return ProviderError(f"{host} did not answer in time.")
    if isinstance(error, OSError):
        return ProviderError(
            f"{host} cannot be reached, or hung up: {tidy(clean(str(error)))[:LONGEST]}"
        )
    return Discard(f"{host}: {tidy(clean(str(error)))[:LONGEST]}", code="refused")


def refusal(host: str, status: int, words: str, *, about_mail: bool) -> JobError:
    """Return what an answer that is no success leads to.

    ``bounced`` is about the recipient or the mail, ``unauthorized`` about SMTP_URL, ``refused`` about us.
    """
    answer = answered(status, words)
    if status in PASSING:
        return ProviderError(f"{host} answered {answer}")
    if status not in FINAL:
        return Garbage(f"{host} answered with something that is no SMTP.")
    if status in UNAUTHORIZED:
        return Discard(f"{host} answered {answer}", code="unauthorized")
    return Bounced(f"{host} answered {answer}", answer, "bounced" if about_mail else "refused")


def answered(status: int, words: str) -> str:
    """Return a server's answer on one line."""
    return f"{status} {tidy(clean(words, chr(10)))}"[:LONGEST].rstrip()


def address_is_bad(answer: str) -> bool:
    """Return whether a final answer to RCPT says that there is no such mailbox.

    The enhanced code decides where there is one: 550 5.7.1 is about us. A bare 550, 551 or 553 is
    about the mailbox (RFC 5321 §4.2.3).
    """
    status, _, words = answer.partition(" ")
    found = ENHANCED.match(words)
    if found is not None:
        return (int(found[2]), int(found[3])) in BAD_ADDRESS
    return status.isdecimal() and int(status) in NO_MAILBOX
