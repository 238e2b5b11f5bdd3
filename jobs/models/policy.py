"""What a schedule may do about ticks that come too late or too soon."""

from typing import Literal

Missed = Literal["skip", "one", "all"]
"""What becomes of ticks that are found too late."""
Overlap = Literal["allow", "skip", "cancel_old"]
"""What becomes of a tick while an earlier tick's job has not ended."""
