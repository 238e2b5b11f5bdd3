"""Addresses of mailboxes: checked, in the one spelling all mail servers take, and who may have mail."""

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, StringConstraints, WithJsonSchema

LONGEST = 254
ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LOCAL = re.compile(rf"(?=.{{1,64}}$){ATOM}(?:\.{ATOM})*")
LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"{LABEL}(?:\.{LABEL})+")
ANYBODY = "*"


def ascii_address(text: str) -> str:
    """Return an address with its domain as it stands in the DNS (RFC 5891). Raises ValueError for none.

    The part before the @ must be ASCII: an address like δ@example.com needs servers that know SMTPUTF8
    all the way, which the sender cannot tell.
    """
    local, at, domain = text.strip().rpartition("@")
    if not at or not LOCAL.fullmatch(local):
        raise ValueError("that is no e-mail address; write it like ann@example.com")
    domain = ascii_domain(domain)
    if not DOMAIN.fullmatch(domain) or len(local) + len(domain) >= LONGEST:
        raise ValueError("the part after the @ is no domain name")
    return f"{local}@{domain}"


def ascii_domain(domain: str) -> str:
    """Return a domain in lower case, its other letters as the DNS writes them. Raises ValueError."""
    if domain.isascii():
        return domain.lower()
    import idna  # noqa: PLC0415 - its tables are large, and few addresses need them

    try:
        return idna.encode(domain, uts46=True).decode("ascii").lower()
    except idna.IDNAError as error:
        raise ValueError("the part after the @ is no domain name") from error


Address = Annotated[
    str,
    StringConstraints(max_length=LONGEST),
    AfterValidator(ascii_address),
    WithJsonSchema({"type": "string", "format": "email", "maxLength": LONGEST}),
]


class Allowed:
    """Whom the operator lets have mail unasked: a list of addresses, ``@domain``, or ``*`` for all."""

    def __init__(self, setting: str) -> None:
        self._entries = frozenset(read(setting.split(",")))

    def __contains__(self, address: str) -> bool:
        lowered = address.lower()
        domain = lowered[lowered.rfind("@") :]
        return not self._entries.isdisjoint({ANYBODY, lowered, domain})


def read(entries: Iterable[str]) -> Iterable[str]:
    """Yield the entries of a list as they are compared."""
    for entry in entries:
        local, at, domain = entry.strip().lower().rpartition("@")
        if at or domain:
            yield f"{local}{at}{ascii_domain(domain)}"


def same(one: str, other: str | None) -> bool:
    """Return whether both are the same mailbox: nobody tells capital letters apart there."""
    return other is not None and one.lower() == other.lower()
