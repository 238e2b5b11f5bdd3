"""Time that stands still until somebody moves it."""

from datetime import UTC, datetime, timedelta

BEGIN = "2026-01-01T00:00:00Z"


class Clock:
    """A bench's time; only ever goes forward."""

    def __init__(self, now: datetime | str = BEGIN) -> None:
        self._began = aware(now)
        self.seconds = 0.0

    @property
    def now(self) -> datetime:
        """Return the time, aware and in UTC."""
        return self._began + timedelta(seconds=self.seconds)

    def forward(self, seconds: float) -> None:
        """Move on to ``seconds`` after the beginning, unless it is later already."""
        self.seconds = max(self.seconds, seconds)


def aware(time: datetime | str) -> datetime:
    """Return a moment in UTC. Raises ValueError for one without an offset."""
    found = datetime.fromisoformat(time) if isinstance(time, str) else time
    if found.tzinfo is None:
        raise ValueError(f"{time} says no time zone; write it with Z or an offset")
    return found.astimezone(UTC)
