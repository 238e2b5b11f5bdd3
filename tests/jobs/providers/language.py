"""A language model to ask: the sandbox's, over loopback, by the real SDK."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jobs.errors import JobError
from jobs.providers.llm import Llm, Message, Question
from jobs.providers.llm_usage import Spending
from jobs.settings import JobsSettings
from service.dev.sandbox import Sandbox
from service.dev.sandbox.llm import KEY, LanguageModel

GARDEN = Question((Message("user", "Topic: The garden opens\n- four acres\n- by the sea"),))


def model_of(sandbox: Sandbox, *mishaps: str) -> LanguageModel:
    """Return the model that is played, in a hurry, with what becomes of its next answers."""
    peer = sandbox.peer(LanguageModel)
    policy = {"pace_seconds": 0.0, "next": mishaps}
    peer.policy = peer.policy.model_validate({**peer.policy.model_dump(), **policy})
    return peer


def llm_settings(sandbox: Sandbox, **changed: object) -> dict[str, object]:
    return {
        "llm_base_url": f"{sandbox.url}/llm/v1",
        "llm_api_key": KEY,
        "llm_model": "sandbox-writer",
        "llm_timeout_seconds": 10.0,
        "llm_input_price": 2.0,
        "llm_output_price": 10.0,
        **changed,
    }


@asynccontextmanager
async def open_llm(sandbox: Sandbox, **changed: object) -> AsyncIterator[Llm]:
    async with Llm(JobsSettings.model_validate(llm_settings(sandbox, **changed))) as llm:
        yield llm


async def answer(llm: Llm, question: Question = GARDEN, spending: Spending | None = None) -> str:
    """Read an answer to its end."""
    async with llm.asking(question, spending or Spending()) as answering:
        return "".join([piece async for piece in answering])


async def failure(
    llm: Llm, question: Question = GARDEN, spending: Spending | None = None
) -> JobError:
    """Return what asking comes to."""
    try:
        said = await answer(llm, question, spending)
    except JobError as error:
        return error
    raise AssertionError(f"it was answered: {said}")
