"""One of the two extractions, as it streams in: each thing is shown and kept as soon as it is whole."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from jobs.asking.account import Account, spending_of
from jobs.asking.live import LOOKS
from jobs.context import Context
from jobs.dumping.lines import lines_of
from jobs.kept.brain_dumps import Part
from jobs.providers.llm_structured import Rejected, without_fence

Keep = Callable[[Part, Mapping[str, Any]], Awaitable[None]]


@dataclass(slots=True)
class Costs(Account):
    """What both extractions have spent together, and the paid answers that did not fit, by extraction."""

    rejections: dict[Part, Rejected] = field(default_factory=dict)

    @classmethod
    def resumed(cls, context: Context) -> "Costs":
        """Go on from what the last attempt saved, if it saved anything."""
        saved = context.restored or {}
        rejections = {
            part: Rejected(one["text"], tuple(one["problems"]))
            for part, one in saved.get("rejections", {}).items()
        }
        return cls(context, spending_of(saved), None, rejections)

    async def save(self) -> None:
        """Save what the next attempt goes on from."""
        rejections = {
            part: {"text": one.text, "problems": list(one.problems)}
            for part, one in self.rejections.items()
        }
        usage = self.spending.usage.model_dump()
        await self.context.checkpoint({"usage": usage, "rejections": rejections})


@dataclass(slots=True)
class Extraction:
    """Follows one answer: says a line for each thing in it, once, and hands on what is there so far."""

    part: Part
    costs: Costs
    keep: Keep
    said: set[str] = field(default_factory=set)
    _looked: int = 0

    async def heard(self, text: str, *, last: bool = False) -> None:
        """Show what is new in an answer that grows."""
        if not last and len(text) - self._looked <= len(text) // LOOKS:
            return
        self._looked = len(text)
        found = whole(text, last=last)
        if await self.say(found) and not last:
            await self.keep(self.part, found)

    async def say(self, found: Mapping[str, Any]) -> bool:
        """Show what was not shown yet; return whether there was anything."""
        new = [line for line in lines_of(self.part, found) if line not in self.said]
        self.said.update(new)
        if new:
            await self.costs.context.output("".join(f"{line}\n" for line in new))
        return bool(new)

    async def rejected(self, answer: Rejected) -> None:
        """Save the answer that did not fit; the next begins anew."""
        self._looked = 0
        self.costs.rejections[self.part] = answer
        await self.costs.rejected(answer)


def whole(answer: str, *, last: bool = False) -> dict[str, Any]:
    """Return what of an answer grows no more: of a list being written, all items but the last."""
    try:
        value = from_json(without_fence(answer), allow_partial=not last)
    except ValueError:
        return {}
    if not isinstance(value, dict):
        return {}
    return value if last else dict(grown(value))


def grown(value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what can be relied on: a list that is being written without its newest item."""
    newest = list(value)[-1] if value else None
    for name, member in value.items():
        yield name, member[:-1] if name == newest and isinstance(member, list) else member
