"""How a draft comes to be, as its job's owner sees it: text and progress."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jobs.asking.account import Account, rejected_of, spending_of
from jobs.context import Context
from jobs.drafting.channels import CHANNELS, ChannelName
from jobs.drafting.live import LiveDraft
from jobs.providers.llm_structured import Rejected

READ, WRITTEN = 0.05, 0.95
USUAL = {"title": 60, "body": 1_500, "hashtags": 50}
"""Characters a part usually has; only the progress bar depends on it."""
BETWEEN_ROUNDS = "\n\n---\n\n"


@dataclass(slots=True)
class Writing(Account):
    """Follows the answer as it streams in: shows it, says how far it is, and what it took."""

    expected: Mapping[str, int]
    live: LiveDraft = field(default_factory=LiveDraft)

    @classmethod
    def resumed(cls, context: Context, channels: Sequence[ChannelName]) -> "Writing":
        """Go on from what the last attempt saved, if it saved anything."""
        saved = context.restored
        expected = USUAL | {name: CHANNELS[name].usual for name in channels}
        return cls(context, spending_of(saved), rejected_of(saved), expected)

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
        self.live = LiveDraft()
        await self.context.output(BETWEEN_ROUNDS)
        await Account.rejected(self, answer)
