"""Answers that must have a shape: read, and when they do not fit, asked for once more."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError
from pydantic_core import from_json

from jobs.errors import Discard
from jobs.providers.llm import Llm, Message, Question
from jobs.providers.llm_usage import Spending

T = TypeVar("T")

FENCED = re.compile(r"\s*```(?:json)?\s*(.*?)\s*(?:```\s*)?", re.DOTALL)
MOST_PROBLEMS = 20
REPAIR = """Your answer does not fit what was asked for:
{problems}
Answer again with the whole corrected JSON, and nothing else."""


class Unfit(Exception):
    """An answer that does not fit. ``problems`` tells the model what is wrong with it."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Rejected:
    """An answer that was paid for and does not fit; kept, an attempt can go on from there."""

    text: str
    problems: tuple[str, ...]


class Listener(Protocol):
    """Who follows how an answer comes to be."""

    async def heard(self, text: str, *, last: bool = False) -> None:
        """Hear all of the answer that has come so far; ``last`` says that it has ended."""

    async def rejected(self, answer: Rejected) -> None:
        """Hear that an answer did not fit, and that the model is asked once more."""


@dataclass(frozen=True, slots=True)
class Structured:
    """Asks for JSON, and once more when what came does not fit: the model is shown what is wrong."""

    llm: Llm
    spending: Spending
    listener: Listener

    async def ask(
        self, question: Question, read: Callable[[Any], T], rejected: Rejected | None = None
    ) -> T:
        """Return what ``read`` makes of the answer's JSON; it raises Unfit, or pydantic's error.

        ``rejected`` is an answer of an earlier attempt: then only the second question is asked. Raises
        Discard (``bad_answer``) when the second answer does not fit either, and what ``Llm.asking``
        raises.
        """
        if rejected is None:
            text, ended = await self._answer(question)
            try:
                return fitting(text, ended, read)
            except Unfit as error:
                rejected = Rejected(text, tuple(error.problems))
            await self.listener.rejected(rejected)
        text, ended = await self._answer(repairing(question, rejected))
        try:
            return fitting(text, ended, read)
        except Unfit as error:
            reason = f"The language model's answer does not fit, even corrected: {error}"
            raise Discard(reason, code="bad_answer") from error

    async def _answer(self, question: Question) -> tuple[str, str]:
        async with self.llm.asking(question, self.spending) as answer:
            async for _ in answer:
                await self.listener.heard(answer.text)
            await self.listener.heard(answer.text, last=True)
            return answer.text, answer.ended


def repairing(question: Question, rejected: Rejected) -> Question:
    """Return the question for a corrected answer."""
    problems = "\n".join(f"- {problem}" for problem in rejected.problems)
    turns = (
        Message("assistant", rejected.text or "(nothing)"),
        Message("user", REPAIR.format(problems=problems)),
    )
    return replace(question, messages=question.messages + turns)


def fitting(text: str, ended: str, read: Callable[[Any], T]) -> T:
    """Return what ``read`` makes of an answer. Raises Unfit with everything that is wrong with it."""
    value = json_of(text, ended)
    try:
        return read(value)
    except ValidationError as error:
        raise Unfit(complaints(error)) from error


def json_of(text: str, ended: str) -> Any:
    """Return an answer's JSON. Raises Unfit when it is none."""
    try:
        return from_json(without_fence(text))
    except ValueError as error:
        if ended == "length":
            raise Unfit(["It was cut off because it was too long; write less."]) from error
        raise Unfit([f"It is not JSON: {error}."]) from error


def without_fence(text: str) -> str:
    """Return JSON without the Markdown fence that some models put around it, closed yet or not."""
    fenced = FENCED.fullmatch(text)
    return fenced[1] if fenced else text


def complaints(error: ValidationError) -> list[str]:
    """Return pydantic's complaints as a sentence each, with where in the answer it is."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        f"{'.'.join(map(str, e['loc'])) or 'answer'}: {e['msg']}" for e in found[:MOST_PROBLEMS]
    ]
