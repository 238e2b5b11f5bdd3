"""One streamed answer of a language model: its text as it comes, how it ended, what it took."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from jobs.errors import Discard, Garbage, ProviderError
from jobs.providers.llm_errors import outcome_of
from jobs.providers.llm_usage import Prices, Usage, tokens_in

if TYPE_CHECKING:
    from openai import AsyncStream
    from openai.types.chat import ChatCompletionChunk

LONGEST_ANSWER = 200_000
SHAPELESS = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class Answer:
    """An async iterator of text, once. ``text`` is what has come so far.

    It raises ProviderError when the stream breaks, ends too early or is garbage, and Discard when the
    model declines. ``ended`` is why the model stopped: ``stop``, or ``length`` when it had no room left.
    """

    def __init__(
        self, stream: "AsyncStream[ChatCompletionChunk]", asked: Sequence[str], secret: str
    ) -> None:
        self.ended = ""
        self.model = ""
        self._stream = stream
        self._asked = asked
        self._secret = secret
        self._pieces: list[str] = []
        self._length = 0
        self._declined = ""
        self._counted: tuple[int, int] | None = None

    @property
    def text(self) -> str:
        """Return what has come so far."""
        if len(self._pieces) > 1:
            self._pieces[:] = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def usage(self, prices: Prices) -> Usage:
        """Return what this round took: as the server counted it, or about that if it never came to."""
        asked, answered = self._counted or (
            tokens_in(self._asked),
            tokens_in([self.text]),
        )
        return Usage(
            tokens_in=asked,
            tokens_out=answered,
            cost_usd=prices.of(asked, answered),
            rounds=1,
            estimated=self._counted is None,
        )

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        piece = ""
        while not piece:
            chunk = await self._next()
            try:
                piece = self._take(chunk)
            except SHAPELESS as error:
                raise Garbage(
                    "The language model streams something that makes no sense."
                ) from error
        self._keep(piece)
        return piece

    async def _next(self) -> "ChatCompletionChunk":
        await asyncio.sleep(0)  # what has come in one go must not keep everybody else waiting
        try:
            return await anext(self._stream)
        except StopAsyncIteration:
            self._check_end()
            raise
        except Exception as error:
            raise outcome_of(error, self._secret) from error

    def _take(self, chunk: Any) -> str:
        """Return the text in one chunk; the SDK builds chunks without checking them."""
        if chunk.usage is not None:
            self._counted = int(chunk.usage.prompt_tokens), int(chunk.usage.completion_tokens)
        self.model = str(chunk.model or self.model)
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        self.ended = str(choice.finish_reason or self.ended)
        self._declined += choice.delta.refusal or ""
        return "" + (choice.delta.content or "")

    def _keep(self, piece: str) -> None:
        self._length += len(piece)
        if self._length > LONGEST_ANSWER:
            raise Garbage(f"The language model went on past {LONGEST_ANSWER:,} characters.")
        self._pieces.append(piece)

    def _check_end(self) -> None:
        if not self.ended:
            raise ProviderError("The language model's answer broke off.")
        if self._declined or self.ended == "content_filter":
            why = " ".join(self._declined.split())[:300] or "by its content filter"
            raise Discard(f"The language model declined: {why}", code="declined")
