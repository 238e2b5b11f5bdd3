"""The short way: one job, run to its end."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from jobs.processor import Kind
from jobs.providers import Providers
from jobs.testing.absent import Sessions
from jobs.testing.bench import Bench
from jobs.testing.clock import BEGIN
from jobs.testing.job import Job


async def run(
    kind: Kind,
    args: BaseModel | Mapping[str, Any] | None = None,
    *,
    now: datetime | str = BEGIN,
    providers: Providers | Mapping[str, object] | None = None,
    uploads: Mapping[UUID, bytes | Path] | None = None,
    db: Sessions | None = None,
    children: Iterable[Kind] = (),
    **fields: Any,
) -> Job:
    """Run one job through all its attempts and return it; ``fields`` are its args by name.

    ``children`` are the other kinds it enqueues. Raises InvalidArgs, and NotOnTheBench when the
    processor needed something that was not passed.
    """
    kinds = [kind, *children]
    async with Bench(kinds, now=now, providers=providers, uploads=uploads, db=db) as bench:
        job = bench.submit(kind, args, **fields)
        await bench.run()
    return job
