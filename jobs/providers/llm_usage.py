"""What rounds with a language model have cost: tokens as its server counts them, and their price."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import BaseModel, Field

CHARACTERS_PER_TOKEN = 4
"""A rule of thumb for prose, used only for a round whose server did not come to tell its count."""
MILLION = 1_000_000


class Usage(BaseModel):
    """What some rounds came to, aborted ones included."""

    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = Field(None, description="Empty while no prices are set")
    rounds: int = Field(0, description="How often the model began to answer")
    estimated: bool = Field(
        False, description="Whether a round was cut off before its tokens were told"
    )


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars per million tokens; None when the operator has not said."""

    tokens_in: float | None = None
    tokens_out: float | None = None

    def of(self, tokens_in: int, tokens_out: int) -> float | None:
        """Return the price of one round in US dollars."""
        if self.tokens_in is None or self.tokens_out is None:
            return None
        return (tokens_in * self.tokens_in + tokens_out * self.tokens_out) / MILLION


class Spending:
    """Adds up rounds as they end, well or not. Starts from what earlier attempts have spent."""

    def __init__(self, before: Usage | None = None) -> None:
        self.usage = before or Usage()

    def add(self, usage: Usage) -> None:
        """Add one round."""
        old = self.usage
        known = [cost for cost in (old.cost_usd, usage.cost_usd) if cost is not None]
        self.usage = Usage(
            tokens_in=old.tokens_in + usage.tokens_in,
            tokens_out=old.tokens_out + usage.tokens_out,
            cost_usd=round(sum(known), 6) if known else None,
            rounds=old.rounds + usage.rounds,
            estimated=old.estimated or usage.estimated,
        )


def tokens_in(texts: Iterable[str]) -> int:
    """Return about how many tokens ``texts`` are; at least one for each that says anything."""
    return sum(-(-len(text) // CHARACTERS_PER_TOKEN) for text in texts)
