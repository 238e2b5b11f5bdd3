"""The words of a brief: a model's when one is configured and answers in time, else the template's.

A brief is worth more in time than well worded, so a model's trouble delays it once, and never ends it.
"""

import asyncio
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta

from jobs.briefing.planned import Plan
from jobs.briefing.question import question_for, read_words
from jobs.briefing.template import Words, plain_words
from jobs.context import Context
from jobs.errors import Discard, JobError, ProviderError
from jobs.providers.llm_structured import Rejected, Structured
from jobs.providers.llm_usage import Spending, Usage

PATIENCE_SECONDS = 100.0
LONGEST_WAIT = timedelta(minutes=5)
MOST_FAILURES = 2
LAST_ATTEMPT = 3
"""Whatever the others were lost to, this one may be the last: it is not risked for words."""


@dataclass(frozen=True, slots=True)
class Worded:
    """Words, the model that gave them (empty for the template's), and what all attempts spent."""

    words: Words
    model: str
    usage: Usage


@dataclass(slots=True)
class Wording:
    """One attempt to have a brief worded; what it saves, the next goes on from."""

    context: Context
    spending: Spending
    failures: int = 0
    rejected_answer: Rejected | None = None

    @classmethod
    def resumed(cls, context: Context) -> "Wording":
        """Go on from what the last attempt saved, if it saved anything."""
        saved = context.restored or {}
        rejected = saved.get("rejected")
        return cls(
            context,
            Spending(Usage.model_validate(saved.get("usage", {}))),
            failures=saved.get("failures", 0),
            rejected_answer=Rejected(rejected["text"], tuple(rejected["problems"]))
            if rejected
            else None,
        )

    async def word(self, plan: Plan) -> Worded:
        """Return the words. Raises ProviderError for what may pass soon, and did not before."""
        model = self.context.providers.llm
        if not model.configured:
            return self._plain(plan)
        try:
            words = await self._asked(plan)
        except Discard as error:
            return await self._without(plan, error)
        except ProviderError as error:
            self.failures += 1
            if self._worth_waiting(error):
                await self.save()
                raise
            return await self._without(plan, error)
        except BaseException:
            with suppress(JobError):
                await self.save()
            raise
        return Worded(words, model.model, self.spending.usage)

    async def heard(self, text: str, *, last: bool = False) -> None:
        """Nothing is shown of words that are not checked yet."""

    async def rejected(self, answer: Rejected) -> None:
        """Save the answer that did not fit: it was paid for, and is only to be corrected."""
        self.rejected_answer = answer
        await self.context.log("The model's words do not fit, so they are asked for once more.")
        await self.save()

    async def save(self) -> None:
        """Save what the next attempt goes on from."""
        rejected = self.rejected_answer
        await self.context.checkpoint(
            {
                "usage": self.spending.usage.model_dump(),
                "failures": self.failures,
                "rejected": asdict(rejected) if rejected else None,
            }
        )

    async def _asked(self, plan: Plan) -> Words:
        asking = Structured(self.context.providers.llm, self.spending, self)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await asking.ask(question_for(plan), read_words, self.rejected_answer)
        except TimeoutError as error:
            raise ProviderError("The language model took too long.") from error

    def _worth_waiting(self, error: ProviderError) -> bool:
        soon = error.after is None or error.after <= LONGEST_WAIT
        again = self.failures < MOST_FAILURES and self.context.attempt < LAST_ATTEMPT
        return soon and again

    async def _without(self, plan: Plan, error: JobError) -> Worded:
        await self.context.log(f"No model has worded this brief: {error}", code=error.code)
        return self._plain(plan)

    def _plain(self, plan: Plan) -> Worded:
        return Worded(plain_words(plan), "", self.spending.usage)
