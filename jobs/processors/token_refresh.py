"""Kind ``token_refresh``: get a connection new tokens before the old ones end."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from jobs.context import Context
from jobs.errors import Discard, JobError, Refused, Retry
from jobs.kept.connections import ConnectionRow
from jobs.kept.refreshes import (
    Claim,
    Renewed,
    claim_refresh,
    expire_connection,
    find_expiring,
    keep_tokens,
    look,
    note_failure,
)
from jobs.processor import processor
from jobs.providers.oauth2 import GrantEnded, Tokens
from jobs.retry import steps
from jobs.tick import Due, Tick
from jobs.unstopped import to_its_end

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

AGAIN = timedelta(seconds=10)
POLL_SECONDS = 0.5
MOST_POLLS = 40
LATE_SECONDS = 10.0
KEEP_PAUSES = (0.1, 0.3, 1.0, 2.0, 4.0)
LONGEST_REASON = 300
SETTLED = {"expired": "has expired", "revoked": "was revoked"}


class Args(BaseModel):
    """Which connection."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"connection_id": "019ad0b8-0000-7000-8000-000000000000"}]},
    )

    connection_id: UUID = Field(description="One of your connections that holds a refresh token")


class Result(BaseModel):
    """What came of it."""

    connection_id: UUID
    refreshed: bool = Field(description="False when there was nothing to do")
    reason: Literal["refreshed", "not_due", "superseded"] = Field(
        description="`superseded`: it was changed or deleted meanwhile"
    )
    expires_at: datetime | None = Field(description="When the access token ends now")


async def expiring(session: "AsyncSession", now: datetime, limit: int) -> Sequence[Due]:
    """Return the connections whose token ends within 20 minutes, the first to end first."""
    return [
        Due(org, user, Args(connection_id=ident), f"connection:{ident}")
        for org, user, ident in await find_expiring(session, limit)
    ]


@processor(
    "token_refresh",
    timeout=timedelta(seconds=30),
    max_attempts=3,
    backoff=steps(timedelta(seconds=20), timedelta(minutes=2)),
    notify="failures",
    tick=Tick("*/10 * * * *", expiring),
)
async def token_refresh(context: Context, args: Args) -> Result:
    """Get a connection new tokens by its refresh token, if the old ones end within 20 minutes.

    Running it twice asks the provider once: a connection is held by one refresh at a time, and one that
    was refreshed meanwhile is not due any more.
    """
    await context.progress(0.0, "Looking at the connection")
    taken = await take(context, args.connection_id)
    if isinstance(taken, ConnectionRow):
        return await finished(context, taken, "not_due")
    await context.progress(0.3, f"Asking {taken.row.provider} for new tokens")
    try:
        kept = await to_its_end(exchange(context, taken, time.monotonic()))
    except Discard as error:
        raise await told(context, taken.row, error.code, str(error)) from error
    if kept is None:
        return await superseded(context, args.connection_id)
    return await finished(context, kept, "refreshed")


async def take(context: Context, ident: UUID) -> Claim | ConnectionRow:
    """Take the connection for a refresh; its row when nothing is due. Waits for a refresh under way.

    Raises Discard for one that cannot be refreshed, Retry when the other refresh takes too long.
    """
    for _ in range(MOST_POLLS):
        async with context.db() as session:
            row, due = await look(session, context.org, context.user, ident)
        if row is None:
            raise Discard("There is no such connection.", code="not_found")
        if row.status != "active":
            reason = row.status_reason or f"The connection {SETTLED[row.status]}."
            raise await told(context, row, f"connection_{row.status}", reason)
        if "refresh_token" not in row.holds:
            reason = "The connection holds no refresh token."
            raise await told(context, row, "no_refresh_token", reason)
        if not due:
            return row
        async with context.db() as session:
            claim = await claim_refresh(session, context.org, context.user, ident)
        if claim is not None:
            return claim
        await context.sleep(POLL_SECONDS)
    raise Retry(AGAIN, "Another refresh of the connection takes long.")


async def exchange(context: Context, claim: Claim, claimed: float) -> ConnectionRow | None:
    """Ask the provider and keep what it says; None when the connection is no longer ours to write.

    A provider that rotates has given the old token up when its answer comes: letting go of that answer
    would lose the connection. It takes ten seconds at most, and what Postgres needs.

    ``claimed`` is when, by the monotonic clock. Raises Discard when there will be no tokens, ProviderError
    or Retry when there may be.
    """
    row, asked = claim.row, False
    try:
        credentials = context.providers.vault.open(row)
        if (
            time.monotonic() - claimed > LATE_SECONDS
        ):  # this process stood still: the lease may be over
            raise Retry(AGAIN, "The refresh began too late.")
        asked = True
        tokens = await context.providers.oauth2.refresh(row.token_url, credentials)
    except GrantEnded as error:
        await ended(context, claim, error)
        return None
    except JobError as error:
        answered = not asked or isinstance(error, Refused)
        await let_go(context, row, str(error), answered=answered)
        raise
    return await keep(context, row, credentials, tokens)


async def keep(
    context: Context, row: ConnectionRow, credentials: Mapping[str, str], tokens: Tokens
) -> ConnectionRow | None:
    """Write the new tokens, again and again while Postgres is away: they may exist nowhere else."""
    new = {**credentials, "access_token": tokens.access_token}
    if tokens.refresh_token is not None:
        new["refresh_token"] = tokens.refresh_token
    renewed = Renewed(context.providers.vault.close(row.id, new), sorted(new), tokens.lasts)
    for pause in KEEP_PAUSES:
        try:
            return await written(context, row, renewed)
        except Exception as error:
            await context.log(f"The new tokens are not kept yet: {type(error).__name__}")
            await context.sleep(pause)
    return await written(context, row, renewed)


async def written(context: Context, row: ConnectionRow, renewed: Renewed) -> ConnectionRow | None:
    """Write the new tokens in one transaction."""
    async with context.db() as session:
        return await keep_tokens(session, row, renewed)


async def ended(context: Context, claim: Claim, error: GrantEnded) -> None:
    """Mark the connection expired. Raises Discard, unless it is another one's business by now."""
    reason = f"{error} Connect it again."
    if claim.lost_at is not None:
        reason += (
            f" A refresh at {claim.lost_at:%Y-%m-%d %H:%M} UTC had no answer that could be kept;"
            " the provider may have changed the token then."
        )
    async with context.db() as session:
        row = await expire_connection(session, claim.row, reason[:LONGEST_REASON])
    if row is not None:
        raise Discard(row.status_reason or reason, code="invalid_grant")


async def let_go(context: Context, row: ConnectionRow, reason: str, *, answered: bool) -> None:
    """Give the connection back; when even that fails, its lease runs out by itself."""
    try:
        async with context.db() as session:
            await note_failure(session, row, reason[:LONGEST_REASON], answered=answered)
    except Exception as error:
        await context.log(f"The failure is not noted: {type(error).__name__}")


async def told(context: Context, row: ConnectionRow, code: str, reason: str) -> Discard:
    """Tell the owner of a failure that stays, and return it."""
    await context.notify("token_refresh_failed", {**named(row), "reason": reason})
    return Discard(reason, code, told=True)


async def superseded(context: Context, ident: UUID) -> Result:
    """End without tokens: the connection was deleted, or got other credentials meanwhile."""
    await context.progress(1.0, "The connection was changed meanwhile")
    return Result(connection_id=ident, refreshed=False, reason="superseded", expires_at=None)


async def finished(
    context: Context, row: ConnectionRow, reason: Literal["refreshed", "not_due"]
) -> Result:
    """End well. What the clock does every few minutes is no news; what somebody asked for is."""
    message = "Refreshed" if reason == "refreshed" else "Nothing to refresh yet"
    await context.log(f"{row.name}: {message.lower()}", provider=row.provider)
    await context.progress(1.0, message)
    if "tick" not in (context.job.metadata or {}):
        ends = row.expires_at.isoformat() if row.expires_at else None
        await context.notify("token_refresh_completed", {**named(row), "expires_at": ends})
    return Result(
        connection_id=row.id,
        refreshed=reason == "refreshed",
        reason=reason,
        expires_at=row.expires_at,
    )


def named(row: ConnectionRow) -> dict[str, str]:
    """Return what tells people which connection it is."""
    return {"connection_id": str(row.id), "name": row.name, "provider": row.provider}
