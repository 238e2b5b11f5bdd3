"""What a bench does not have unless the test brings it: providers and a database."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import fields
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from jobs.errors import Discard
from jobs.providers import Providers

Sessions = Callable[[], AbstractAsyncContextManager[AsyncSession]]


class NotOnTheBench(Discard):
    """A processor used what the test did not bring. Ends its job, and ``Bench.run`` raises it."""

    def __init__(self, what: str, bring: str) -> None:
        super().__init__(f"{what} is not on the bench: {bring}.", code="not_on_the_bench")


class Absent:
    """Stands where something is missing and says so when it is touched."""

    def __init__(self, complain: Callable[[], NotOnTheBench]) -> None:
        self._complain = complain

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise self._complain()


class Missed(list[NotOnTheBench]):
    """What processors reached for in vain, in order."""

    def note(self, what: str, bring: str) -> NotOnTheBench:
        """Remember the complaint and return it, to be raised."""
        self.append(NotOnTheBench(what, bring))
        return self[-1]


def providers_with(played: Providers | Mapping[str, object], missed: Missed) -> Providers:
    """Return the bundle a test brings, with an Absent for each provider it left out."""
    if isinstance(played, Providers):
        return played
    names = [field.name for field in fields(Providers)]
    if unknown := set(played) - set(names):
        raise TypeError(f"there is no provider named {min(unknown)!r}")
    parts: dict[str, Any] = {name: absent(name, missed) for name in names}
    return Providers(**{**parts, **played})


def absent(name: str, missed: Missed) -> Absent:
    """Return what stands for one provider."""
    told = f"context.providers.{name}", f"pass providers={{{name!r}: …}} with a stand-in"
    return Absent(lambda: missed.note(*told))


def no_database(missed: Missed) -> Sessions:
    """Return a session factory that only complains."""

    @asynccontextmanager
    async def session() -> AsyncIterator[AsyncSession]:
        raise missed.note("context.db()", "pass db=… with a session factory")
        yield  # makes it a generator

    return session
