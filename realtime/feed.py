"""One channel as a process hears it: who listens here, and how far what was heard has come."""

from realtime.channels import Channel
from realtime.cursor import Cursor
from realtime.subscription import Place, Subscription


class Feed:
    """The listeners of one channel.

    ``top`` is the newest offset heard or read. ``missing`` is what the Source named at the last check and
    nobody has heard of yet: it may still be on its way; at the next check it is lost.
    """

    __slots__ = ("channel", "merged", "missing", "subscriptions", "top")

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.merged = channel.merged
        self.subscriptions: set[Subscription] = set()
        self.top = 0
        self.missing = 0

    @property
    def known(self) -> int:
        """Return the position to compare with the Source's: of a merged channel, that of the last."""
        return min((one.offset for one in self._live), default=0) if self.merged else self.top

    def verify(self, at: Cursor, known: int, *, at_once: bool) -> None:
        """Compare with the Source's position; ``known`` is what was known when it was asked.

        Behind is who has not reached, one check later, the position of the check before.
        """
        back = at.offset < known  # a restored database, or a failover that lost commits
        due = at.offset if at_once else self.missing
        live = self._live
        for one in live:
            if back or at.epoch != one.epoch or one.offset < due:
                one.give_up()
        reached = min((one.offset for one in live), default=0)
        self.top = at.offset if back else max(self.top, reached)
        self.missing = at.offset

    @property
    def _live(self) -> list[Subscription]:
        return [one for one in self.subscriptions if one.place is Place.LIVE]
