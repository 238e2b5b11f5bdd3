"""Both extractions side by side; what one has found stays when the other fails."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jobs.context import Context
from jobs.dumping.extraction import Costs, Extraction
from jobs.dumping.found import SHAPES
from jobs.dumping.known import Known
from jobs.dumping.question import question_for
from jobs.errors import Discard, ProviderError
from jobs.kept.brain_dumps import BrainDumpRow, OwnDump, Part, keep_found
from jobs.providers.llm_structured import Structured

PARTS: tuple[Part, ...] = ("context", "tasks")
BEGUN, READ = 0.05, 0.8
FOUND = {"context": "It is known what it is about", "tasks": "It is known what there is to do"}


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads a text; what an earlier attempt has found whole is only said again."""

    context: Context
    own: OwnDump
    costs: Costs

    async def read(self, row: BrainDumpRow) -> None:
        """Find what is not found yet. Raises what ``Structured.ask`` raises."""
        missing = [part for part in PARTS if part not in row.extracted]
        for part in PARTS:
            if part not in missing:
                await self._extraction(part).say(getattr(row, part))
        if not missing:
            return
        await self.context.progress(BEGUN, "Reading")
        async with self.costs.kept():
            asked = [self._extract(part, row) for part in missing]
            refuse(await asyncio.gather(*asked, return_exceptions=True))

    async def _extract(self, part: Part, row: BrainDumpRow) -> None:
        """Ask for one part, and keep it."""
        extraction, shape = self._extraction(part), SHAPES[part]
        question = question_for(part, row.text, Known.model_validate(row.known))
        asking = Structured(self.context.providers.llm, self.costs.spending, extraction)
        rejected = self.costs.rejections.get(part)
        try:
            found = await asking.ask(question, shape.model_validate, rejected)
        except Discard:
            self.costs.rejections.pop(part, None)  # whoever retries the job wants a new answer
            raise
        plain = found.model_dump(mode="json")
        await extraction.say(plain)
        await self._keep(part, plain, whole=True)
        await self.costs.save()
        await self.context.progress(READ, FOUND[part])

    def _extraction(self, part: Part) -> Extraction:
        return Extraction(part, self.costs, self._keep)

    async def _keep(self, part: Part, found: Mapping[str, Any], *, whole: bool = False) -> None:
        async with self.context.db() as session:
            await keep_found(session, self.own, part, found, whole=whole)


def refuse(ended: Sequence[BaseException | None]) -> None:
    """Raise what went wrong, if anything did: what is final first, else what takes longest to pass."""
    wrong = [error for error in ended if error is not None]
    if wrong:
        raise max(wrong, key=weight)


def weight(error: BaseException) -> tuple[bool, bool, timedelta]:
    """Return what of two errors counts: a bug, then what is final, then who asks for more time."""
    known = isinstance(error, Discard | ProviderError)
    after = error.after if isinstance(error, ProviderError) else None
    return not known, isinstance(error, Discard), after or timedelta(0)
