"""What one attempt of a job leaves for the next: children, answers, a checkpoint, what was told."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from jobs.context import Child

Name = tuple[str, str, bytes, int]
"""Sort, kind or name, args or data as JSON, and the how-manieth of the same: alike in every attempt."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request for input that a running job waits with; ``number`` counts from 1."""

    number: int
    prompt: str
    model: type[BaseModel]
    until: datetime | None = None


@dataclass(slots=True)
class Kept:
    """One job's memory across its attempts. ``ready`` holds answers to questions not yet asked."""

    children: dict[Name, Child] = field(default_factory=dict)
    answers: dict[int, Any] = field(default_factory=dict)
    ready: deque[Any] = field(default_factory=deque)
    awaiting: Question | None = None
    checkpoint: Any = None
    told: set[Name] = field(default_factory=set)
    after: tuple[UUID, ...] = ()
    after_policy: str = "fail"
