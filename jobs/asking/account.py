"""What a job's answers have cost over all its attempts, and the paid one that did not fit."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Any

from jobs.context import Context
from jobs.errors import Discard, JobError
from jobs.providers.llm_structured import Rejected
from jobs.providers.llm_usage import Spending, Usage

MOST_TOLD = 1_000


@dataclass(slots=True)
class Account:
    """Remembers for the next attempt what this one has spent, and the answer it may have corrected."""

    context: Context
    spending: Spending
    rejected_answer: Rejected | None

    async def rejected(self, answer: Rejected) -> None:
        """Save the answer that did not fit, and say that another is asked for."""
        self.rejected_answer = answer
        told = "; ".join(answer.problems)[:MOST_TOLD]
        await self.context.log(f"The answer does not fit, so it is asked for once more: {told}")
        await self.save()

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Tell what was spent when the block ends, and save it when that is by an exception."""
        try:
            yield
        except BaseException as error:
            if isinstance(error, Discard):
                self.rejected_answer = None  # whoever retries the job by hand wants a new answer
            with suppress(JobError):
                await self.tell_usage()
                await self.save()
            raise
        await self.tell_usage()

    async def save(self) -> None:
        """Save what the next attempt goes on from."""
        rejected = self.rejected_answer
        await self.context.checkpoint(
            {
                "usage": self.spending.usage.model_dump(),
                "rejected": asdict(rejected) if rejected else None,
            }
        )

    async def tell_usage(self) -> None:
        """Log what was spent so far, by all attempts."""
        usage = self.spending.usage
        about = "about " if usage.estimated else ""
        cost = "" if usage.cost_usd is None else f", {usage.cost_usd:.6f} USD"
        await self.context.log(
            f"Spent {about}{usage.tokens_in} + {usage.tokens_out} tokens{cost}",
            **usage.model_dump(),
        )


def spending_of(restored: Mapping[str, Any] | None) -> Spending:
    """Return what earlier attempts have spent, by what they saved."""
    return Spending(Usage.model_validate((restored or {}).get("usage", {})))


def rejected_of(restored: Mapping[str, Any] | None) -> Rejected | None:
    """Return the answer that the last attempt saved because it did not fit."""
    rejected = (restored or {}).get("rejected")
    return Rejected(rejected["text"], tuple(rejected["problems"])) if rejected else None
