"""The reference of problems, as Markdown: every code that an answer may carry, under its status."""

from collections.abc import Iterator, Mapping
from typing import Final

from jobs.errors import JobError
from service.errors import CODES, STATUS_OF, title

OF_STATUS: Final[Mapping[int, str]] = {
    400: "The request cannot be read, or asks for what contradicts itself.",
    401: "Nobody, or nobody we know: send a token, sign in, or ask for a new ticket.",
    403: "We know you, and you may not.",
    404: "There is no such thing, or it is not yours: both look the same.",
    405: "The path is right, the method is not; `Allow` lists what is.",
    406: "None of the types in `Accept` can be sent.",
    408: "The body did not arrive in time; send it again.",
    409: "It contradicts how things are now.",
    413: "More than is taken: a body, args, a file, a batch.",
    415: "The body is of a type that is not read here; see `Content-Type`.",
    416: "The range lies outside of what there is.",
    422: "It can be read and does not fit; `errors` points at each field.",
    429: "More than your share for now; `Retry-After` says when to come again.",
    503: "Something we stand on is away; `Retry-After` says when to try again.",
}
FURTHER: Final[Mapping[int, Mapping[str, str]]] = {
    400: {
        "malformed_json": "The body is no JSON.",
        "malformed_form": "The form cannot be read.",
        "invalid_idempotency_key": "An `Idempotency-Key` has 1 to 255 printable characters.",
    },
    401: {"invalid_key": "The API key is unknown, revoked or expired."},
    403: {
        "cross_origin": "A browser came from an origin that is not in `ALLOWED_ORIGINS`.",
        "insufficient_scope": "It needs a scope that you do not have; `detail` names it.",
        "bad_signature": "The call-back is not signed by who it says it is from.",
    },
    409: {"replayed": "The call-back was told before."},
    500: {"internal": "A fault of ours. The log has it under the `request_id`."},
}
"""Codes that a route gives itself, beside those of the errors it lets through."""


def problems() -> str:
    """Return every status with its codes."""
    return "\n".join(line for status in sorted({*CODES, *FURTHER}) for line in of_status(status))


def of_status(status: int) -> Iterator[str]:
    """Yield what ends with one status."""
    yield from (f"## {status}", "", f"{title(status)}. {OF_STATUS.get(status, '')}".strip(), "")
    for code, text in codes_of(status).items():
        yield from (f"### {code}", "", text, "")


def codes_of(status: int) -> dict[str, str]:
    """Return the codes of a status, each with its sentence."""
    plain = {CODES[status]: OF_STATUS[status]} if status in CODES else {}
    errors = [error for error, its in STATUS_OF if its == status and issubclass(error, JobError)]
    ours = {each.code: sentence(each) for error in errors for each in family(error)}
    return {**plain, **ours, **FURTHER.get(status, {})}


def family(error: type[JobError]) -> Iterator[type[JobError]]:
    """Yield an error, and what is a special case of it."""
    yield error
    for special in error.__subclasses__():
        yield from family(special)


def sentence(error: type[JobError]) -> str:
    """Return what an error's docstring says first."""
    return (error.__doc__ or "").split("\n", maxsplit=1)[0].replace("``", "`")
