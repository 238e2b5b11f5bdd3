"""What one attempt of a job leaves for the next: answers, a checkpoint, what was told."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import BaseModel


@dataclass(slots=True)
class Kept:
    """One job's memory across its attempts, and what it waits for.

    ``asked`` is the model of the request for input that is open; ``ready`` holds answers to requests
    not yet made. ``after`` are the jobs that must be over before this one starts.
    """

    after: Sequence[UUID] = ()
    after_policy: str | None = None
    asked: type[BaseModel] | None = None
    answers: dict[int, Any] = field(default_factory=dict)
    ready: deque[Any] = field(default_factory=deque)
    checkpoint: Any = None
    told: set[UUID] = field(default_factory=set)
