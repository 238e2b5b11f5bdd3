"""Everything that can go wrong on the way back, one root, the docstring is the message."""


class RealtimeError(Exception):
    """Something on the way back went wrong."""

    def __str__(self) -> str:
        return super().__str__() or (type(self).__doc__ or "").split("\n", maxsplit=1)[0]


class UnknownChannel(RealtimeError):
    """There is no such channel, or it is not yours."""


class BadCursor(RealtimeError):
    """The cursor is not one this server gave out."""


class BadTicket(RealtimeError):
    """The ticket is unknown, used, expired or bound to somebody else."""


class Forbidden(RealtimeError):
    """Listening to this channel needs a scope you do not have."""


class TooManyChannels(RealtimeError):
    """One connection may listen to no more channels than it does."""


class TooManyConnections(RealtimeError):
    """You have as many open connections as you may."""


class OverCapacity(RealtimeError):
    """The server takes no more connections now; try another time."""


class BadFrame(RealtimeError):
    """A frame is a JSON object, or an array of them, whose field ``t`` names it."""
