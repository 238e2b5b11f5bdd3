"""Kinds whose processors say, call and fail in every way that an operator wants to find again."""

import logging
import warnings
from datetime import timedelta
from typing import Any

import structlog
from pydantic import BaseModel

from jobs import Context, Discard, processor
from jobs.retry import fixed

log = structlog.get_logger(__name__)
SECRET = "hunter2-of-the-args"


class Call(BaseModel):
    url: str = ""
    secret: str = SECRET


class Nothing(BaseModel):
    value: Any = None


@processor("talker")
async def talker(context: Context, args: Call) -> Nothing:
    """Says something by every way there is; twice is only louder."""
    log.info("talker.ours")
    log.warning("talker.careless", error=f"Bearer {args.secret}")
    logging.getLogger("some.library").warning("theirs, with token=%s", args.secret)
    logging.getLogger("arq.worker").warning("arq's")
    warnings.warn("a warning of Python's", stacklevel=1)
    return Nothing()


@processor("parent")
async def parent(context: Context, args: Call) -> Nothing:
    """Calls a service and enqueues a child; both bear to be done twice."""
    api = context.providers.api.at(args.url, trusted=True)
    await api.get("/things?key=secret")
    child = await context.enqueue("talker", Call(secret=args.secret))
    await context.gather([child])
    return Nothing()


@processor("breaking", max_attempts=2, backoff=fixed(timedelta(milliseconds=10)))
async def breaking(context: Context, args: Call) -> Nothing:
    """Always fails, by a bug; twice as well as once."""
    raise ValueError(f"cannot work with {args.secret}")


@processor("discarding")
async def discarding(context: Context, args: Call) -> Nothing:
    """Ends on purpose."""
    raise Discard(f"{args.secret} is not wanted")
