"""How a draft comes to be, as its job's owner sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jobs.asking.account import rejected_of, spending_of
from jobs.asking.shown import Shown
from jobs.context import Context
from jobs.drafting.channels import CHANNELS, ChannelName
from jobs.drafting.live import parts, stage

USUAL = {"title": 60, "body": 1_500, "hashtags": 50}
"""Characters a part usually has; only the progress bar depends on it."""


@dataclass(slots=True)
class Writing(Shown):
    """Follows a draft as it streams in: what is said of it is said by its parts."""

    expected: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of_channels(cls, context: Context, channels: Sequence[ChannelName]) -> "Writing":
        """Go on from what the last attempt saved, if it saved anything."""
        saved = context.restored
        expected = USUAL | {name: CHANNELS[name].usual for name in channels}
        usual = sum(expected.values())
        return cls(context, spending_of(saved), rejected_of(saved), parts, usual, expected)

    @property
    def stage(self) -> str:
        """Return what is being written."""
        return stage(self.live.lengths)

    @property
    def share(self) -> float:
        """Return how much of the draft is there: parts that are done, and some of the one being written."""
        *done, last = self.live.lengths
        written = sum(self.expected.get(name, 0) for name in done)
        written += min(self.live.lengths[last], self.expected.get(last, 0))
        return written / self.usual
