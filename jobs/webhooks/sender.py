"""One POST to somebody's server: to checked addresses only, without redirects, in bounded time."""

import asyncio
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import httpx2
import structlog
from cryptography.fernet import InvalidToken

from jobs.errors import Discard, ProviderError
from jobs.providers.answers import retry_after
from jobs.providers.transport import GuardedTransport, Resolver, Target, resolve
from jobs.sealing import Seal
from jobs.settings import JobsSettings
from jobs.store.deliveries import Due
from jobs.webhooks.policy import LONGEST_RETRY_AFTER, TRY_LATER, Answer
from jobs.webhooks.signing import signatures

log = structlog.get_logger(__name__)

MOST_READ = 4096
HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": "Jobcast-Webhooks/0.1",
    "Accept-Encoding": "identity",
}
LOCKED = "Its secret cannot be opened: SECRET_KEY is not the one it was sealed with."


class Sender:
    """Sends deliveries. What goes wrong outside is an answer, not an exception."""

    def __init__(self, settings: JobsSettings, seal: Seal, resolver: Resolver = resolve) -> None:
        self._private_hosts = settings.private_hosts
        self._timeout = settings.webhook_timeout_seconds
        self._seal = seal
        self._transport = GuardedTransport(resolver)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._transport.aclose()

    async def send(self, due: Due, body: str) -> Answer:
        """Send once and return how it went; never raises for what the other side does."""
        try:
            headers = HEADERS | self._signed(due, body)
            target = Target.parse(due.url, self._private_hosts)
            async with asyncio.timeout(self._timeout):
                return await self._post(target, headers, body.encode())
        except InvalidToken:
            return Answer(problem=LOCKED)
        except (Discard, ProviderError) as error:
            return Answer(problem=str(error))
        except (TimeoutError, httpx2.TimeoutException):
            return Answer(problem=f"The receiver took longer than {self._timeout:g} s.")
        except (httpx2.TransportError, httpx2.InvalidURL, OSError) as error:
            return Answer(problem=f"The receiver cannot be reached: {type(error).__name__}.")

    async def _post(self, target: Target, headers: dict[str, str], body: bytes) -> Answer:
        response = await self._transport.send(target, headers, self._timeout, body)
        try:
            await taste(response)
        finally:
            await response.aclose()
        status = response.status_code
        asked = retry_after(response, LONGEST_RETRY_AFTER) if status in TRY_LATER else None
        return Answer(status, retry_after=asked)

    def _signed(self, due: Due, body: str) -> dict[str, str]:
        now = datetime.now(UTC)
        keys = [self._seal.open(sealed) for sealed in due.secrets]
        return {
            "webhook-id": due.message,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signatures(keys, due.message, now, body),
        }


async def taste(response: httpx2.Response) -> None:
    """Read the start of an answer's body and forget it: enough for a polite server to be done."""
    seen = 0
    async for chunk in response.aiter_raw():
        seen += len(chunk)
        if seen > MOST_READ:
            return
