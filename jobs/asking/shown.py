"""An answer as its job's owner sees it come to be: its text, how far it is, and what it takes."""

from dataclasses import dataclass, field

from jobs.asking.account import Account, rejected_of, spending_of
from jobs.asking.live import LiveText, Parts
from jobs.context import Context
from jobs.providers.llm_structured import Rejected

READ, WRITTEN = 0.05, 0.95
"""How far a job is before its model is asked, and when the answer is there."""
BETWEEN_ROUNDS = "\n\n---\n\n"


@dataclass(slots=True)
class Shown(Account):
    """Follows the answer as it streams in: shows what ``parts`` reads of it, and says how far it is.

    ``usual`` is how many characters people read of such an answer; only the progress bar depends on it.
    """

    parts: Parts
    usual: int
    live: LiveText = field(init=False)

    def __post_init__(self) -> None:
        self.live = LiveText(self.parts)

    @classmethod
    def resumed(cls, context: Context, parts: Parts, usual: int) -> "Shown":
        """Go on from what the last attempt saved, if it saved anything."""
        saved = context.restored
        return cls(context, spending_of(saved), rejected_of(saved), parts, usual)

    @property
    def stage(self) -> str:
        """Return what is being written."""
        return list(self.live.lengths)[-1] if self.live.lengths else "the answer"

    @property
    def share(self) -> float:
        """Return how much of the answer is there."""
        return min(sum(self.live.lengths.values()) / self.usual, 1.0)

    async def heard(self, text: str, *, last: bool = False) -> None:
        """Show what is new, and how far that is of what may be expected."""
        if new := self.live.more(text, last=last):
            await self.context.output(new)
            fraction = READ + (WRITTEN - READ) * self.share
            await self.context.progress(fraction, f"Writing {self.stage}")

    async def rejected(self, answer: Rejected) -> None:
        """Save the answer that did not fit, and begin to show the next below it."""
        self.live = LiveText(self.parts)
        await self.context.output(BETWEEN_ROUNDS)
        await Account.rejected(self, answer)
