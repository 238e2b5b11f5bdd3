"""Kinds that are careless with what they were given."""

from datetime import timedelta
from typing import Literal

import asyncpg
from pydantic import BaseModel

from jobs import Context, fixed, processor


class Confidence(BaseModel):
    secret: str
    how: Literal["return", "raise", "misread", "row"]


class Number(BaseModel):
    number: int


@processor("confide", max_attempts=1, backoff=fixed(timedelta()))
async def confide(context: Context, args: Confidence) -> Confidence:
    """Lets a secret slip in one of the ways that programs have; twice is as bad as once."""
    match args.how:
        case "raise":
            raise ValueError(f"cannot work with {args.secret}")
        case "misread":
            Number.model_validate({"number": args.secret})
        case "row":
            raise asyncpg.DataError(f"invalid input for query argument $1: {args.secret!r}")
    return args
