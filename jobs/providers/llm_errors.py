"""What goes wrong between us and a language model, as outcomes: try again, or never.

The key never gets into a message: of refusals of the key (401, 403) the server's words, which tell parts
of it, are not repeated, and in others it is masked.
"""

import re
from typing import Any

import httpx2

from jobs.errors import Discard, Garbage, JobError, ProviderError, Refused
from jobs.providers.answers import SERVER_ERROR, TRY_LATER, retry_after
from jobs.providers.complaints import complaint

UNAUTHORIZED = frozenset({401, 403})
UNKNOWN_KEY = "unauthorized"
PAYMENT_REQUIRED = 402
TOO_MANY_REQUESTS = 429
TOO_LARGE = 413
NO_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
TOO_LONG = re.compile(
    r"context_length_exceeded|(context|prompt|input).{0,40}(length|window|too long)|too many tokens",
    re.IGNORECASE,
)


def outcome_of(error: Exception, secret: str = "") -> JobError:
    """Return what ``error``, raised by the SDK, means for the job.

    ``secret`` is masked wherever the server repeats it.
    """
    import openai  # noqa: PLC0415 - it is loaded: it has just raised

    if isinstance(error, openai.APITimeoutError):
        return ProviderError("The language model did not answer in time.")
    if isinstance(error, openai.APIConnectionError):
        return ProviderError("The language model cannot be reached, or the connection broke.")
    if isinstance(error, openai.APIStatusError):
        return of_status(error.response, told(error, secret))
    if isinstance(error, openai.APIError) and not isinstance(
        error, openai.APIResponseValidationError
    ):
        return of_words(told(error, secret))
    return Garbage("The language model answered with something that makes no sense.")


def of_status(response: httpx2.Response, words: str) -> JobError:
    """Return what an answer of status 300 and more means; ``words`` is what the server told."""
    status = response.status_code
    if status in UNAUTHORIZED:
        return Refused(f"The language model refuses our key ({status}).", status, None, UNKNOWN_KEY)
    if status == PAYMENT_REQUIRED or poor(words):
        return no_credit()
    if status >= SERVER_ERROR or status in TRY_LATER:
        busy = "is busy" if status == TOO_MANY_REQUESTS else f"answered {status}"
        return ProviderError(f"The language model {busy}.", after=retry_after(response))
    if status == TOO_LARGE or TOO_LONG.search(words):
        return too_long()
    return Refused(f"The language model refused the request ({status}): {words}", status)


def of_words(words: str) -> JobError:
    """Return what an error told in the middle of a stream means."""
    if poor(words):
        return no_credit()
    if TOO_LONG.search(words):
        return too_long()
    return ProviderError(f"The language model broke off: {words}")


def poor(words: str) -> bool:
    """Return whether an error tells that nobody pays."""
    return any(code in words for code in NO_CREDIT)


def no_credit() -> Discard:
    """Return the outcome for an account that is used up; waiting does not fill it."""
    return Discard("The account at the language model has no credit.", code="insufficient_quota")


def too_long() -> Discard:
    """Return the outcome for a question the model cannot hold."""
    return Discard("The question is too long for the language model.", code="context_too_long")


def told(error: Any, secret: str) -> str:
    """Return the server's own code and words, short, printable, and without our key."""
    body = error.body if isinstance(error.body, dict) else {}
    code = complaint(error.code or body.get("type"), [secret])
    said = [part for part in (code, complaint(error.body, [secret])) if part]
    return ": ".join(said) or "no reason given"
