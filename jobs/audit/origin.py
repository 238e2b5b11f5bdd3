"""Where an order came from: which request, which address. Noted at the front door, read when recorded."""

from contextvars import ContextVar
from dataclasses import dataclass

LONGEST_ADDRESS = 64


@dataclass(frozen=True, slots=True)
class Origin:
    """The request that carries an order, and the address it came from; None where there is none."""

    request_id: str | None = None
    address: str | None = None


NOWHERE = Origin()
ORIGIN: ContextVar[Origin] = ContextVar("audit_origin", default=NOWHERE)


def arrive(request_id: str, address: str | None) -> None:
    """Note where the orders of the running task, and of those it starts, come from."""
    ORIGIN.set(Origin(request_id, address[:LONGEST_ADDRESS] if address else None))
