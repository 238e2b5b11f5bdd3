"""A language model behind any OpenAI-compatible API, asked by the OpenAI SDK.

The SDK takes 20 MB and a second to load, which a worker that never asks never pays.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import httpx2

from jobs.errors import NotConfigured
from jobs.providers.llm_answer import Answer
from jobs.providers.llm_errors import outcome_of
from jobs.providers.llm_transport import BoundedTransport
from jobs.providers.llm_usage import Prices, Spending
from jobs.settings import JobsSettings

if TYPE_CHECKING:
    from openai import AsyncOpenAI


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. With ``schema`` (strict JSON Schema) the answer is JSON that should fit it.

    ``name`` is what the schema is called: letters, digits, ``_`` and ``-``.
    """

    messages: tuple[Message, ...]
    name: str = "answer"
    schema: Mapping[str, Any] | None = None


class Llm:
    """Asks the model named by the settings. One per process; its client is made by the first question."""

    def __init__(self, settings: JobsSettings) -> None:
        self._settings = settings
        self._prices = Prices(settings.llm_input_price, settings.llm_output_price)
        self._opening = asyncio.Lock()
        self._client: AsyncOpenAI | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._client is not None:
            await self._client.close()

    @property
    def model(self) -> str:
        """Return the name of the model that is asked."""
        return self._settings.llm_model

    @property
    def configured(self) -> bool:
        """Return whether there is a model to ask."""
        return not self._missing

    def require(self) -> None:
        """Raise NotConfigured, naming the first setting that is missing."""
        if self._missing:
            raise NotConfigured(self._missing[0])

    @asynccontextmanager
    async def asking(self, question: Question, spending: Spending) -> AsyncIterator[Answer]:
        """Ask, and give the answer to be read while it streams in; leaving ends the stream.

        What it took is added to ``spending``, however it ends. Raises NotConfigured, Discard
        (``unauthorized insufficient_quota context_too_long refused declined``), and ProviderError for
        what may pass; reading the answer raises the same.
        """
        self.require()
        client = await self._opened()
        secret = self._settings.llm_api_key.get_secret_value()
        try:
            stream = await client.chat.completions.create(**self._request(question))
        except Exception as error:
            raise outcome_of(error, secret) from error
        answer = Answer(stream, [message.content for message in question.messages], secret)
        try:
            async with stream:
                yield answer
        finally:
            spending.add(answer.usage(self._prices))

    @property
    def _missing(self) -> list[str]:
        settings = self._settings
        values = {
            "LLM_BASE_URL": settings.llm_base_url,
            "LLM_API_KEY": settings.llm_api_key.get_secret_value(),
            "LLM_MODEL": settings.llm_model,
        }
        return [name for name, value in values.items() if not value]

    def _request(self, question: Question) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self._settings.llm_model,
            "messages": [{"role": m.role, "content": m.content} for m in question.messages],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if question.schema is not None and self._settings.llm_json != "none":
            request["response_format"] = response_format(question, self._settings.llm_json)
        return request

    async def _opened(self) -> "AsyncOpenAI":
        async with self._opening:
            if self._client is None:  # not on the loop: everybody else would stand still
                self._client = await asyncio.to_thread(open_client, self._settings)
            return self._client


def response_format(question: Question, how: Literal["schema", "object", "none"]) -> dict[str, Any]:
    """Return how the model is held to JSON: by the schema, or by the mere word for servers without."""
    if how == "object":
        return {"type": "json_object"}
    schema = {"name": question.name, "strict": True, "schema": question.schema}
    return {"type": "json_schema", "json_schema": schema}


def open_client(settings: JobsSettings) -> "AsyncOpenAI":
    """Load the SDK and return a client that tries nothing again: attempts do that.

    Redirects are not followed: they would carry the key elsewhere.
    """
    from openai import AsyncOpenAI  # noqa: PLC0415 - see the module

    client = AsyncOpenAI(
        api_key=settings.llm_api_key.get_secret_value(),
        base_url=settings.llm_base_url,
        timeout=settings.llm_timeout_seconds,
        max_retries=0,
        http_client=httpx2.AsyncClient(transport=BoundedTransport(), trust_env=False),
    )
    client.organization = client.project = None  # else taken from somebody's environment
    return client
