"""How a draft comes to be, as its job's owner sees it: text, progress, and what it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from jobs.context import Context
from jobs.drafting.channels import CHANNELS, ChannelName
from jobs.drafting.live import LiveText
from jobs.providers.llm_structured import Rejected
from jobs.providers.llm_usage import Spending, Usage

READ, WRITTEN = 0.05, 0.95
USUAL = {"title": 60, "body": 1_500, "hashtags": 50}
"""Characters a part usually has; only the progress bar depends on it."""
MOST_TOLD = 1_000
BETWEEN_ROUNDS = "\n\n---\n\n"


@dataclass(slots=True)
class Writing:
    """Follows the answer as it streams in: shows it, says how far it is, and what it took."""

    context: Context
    expected: Mapping[str, int]
    spending: Spending
    rejected_answer: Rejected | None = None
    live: LiveText = field(default_factory=LiveText)

    @classmethod
    def resumed(cls, context: Context, channels: Sequence[ChannelName]) -> "Writing":
        """Go on from what the last attempt saved, if it saved anything."""
        saved = context.restored or {}
        rejected = saved.get("rejected")
        return cls(
            context,
            expected=USUAL | {name: CHANNELS[name].usual for name in channels},
            spending=Spending(Usage.model_validate(saved.get("usage", {}))),
            rejected_answer=Rejected(rejected["text"], tuple(rejected["problems"]))
            if rejected
            else None,
        )

    async def heard(self, text: str, *, last: bool = False) -> None:
        """Show what is new, and how far that is of what may be expected."""
        if new := self.live.more(text, last=last):
            await self.context.output(new)
            fraction = READ + (WRITTEN - READ) * self.share
            await self.context.progress(fraction, f"Writing {self.live.stage}")

    @property
    def share(self) -> float:
        """Return how much of the draft is there: parts that are done, and some of the one being written."""
        *done, last = self.live.lengths
        written = sum(self.expected.get(name, 0) for name in done)
        written += min(self.live.lengths[last], self.expected.get(last, 0))
        return written / sum(self.expected.values())

    async def rejected(self, answer: Rejected) -> None:
        """Save the answer that did not fit, and begin to show the next below it."""
        self.rejected_answer, self.live = answer, LiveText()
        told = "; ".join(answer.problems)[:MOST_TOLD]
        await self.context.log(f"The answer does not fit, so it is asked for once more: {told}")
        await self.context.output(BETWEEN_ROUNDS)
        await self.save()

    async def account(self) -> None:
        """Tell and save what an attempt that ends without a draft has spent."""
        await self.tell_usage()
        await self.save()

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
