"""Calendars that are changed on both sides, and whether the two say the same in the end."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2

from jobs.connections.resource import Wanted
from jobs.errors import NotFound
from jobs.resources import Resources
from service.dev.sandbox.google import Google
from service.dev.sandbox.google_agenda import CANCELLED, Agenda
from tests.simulation.people import Person

HOUR = timedelta(hours=1)
HERE = """
SELECT remote_id, title, starts_at, ends_at FROM calendar_events
WHERE calendar_id = $1 AND starts_at >= $2 AND pending <> 'delete'
"""
HOW_OFTEN = 0.4
Shown = dict[str, tuple[str, datetime, datetime]]


@dataclass
class Shared:
    """One person's calendar here and at Google. ``written`` counts what people wrote, on either side."""

    person: Person
    ident: UUID
    agenda: Agenda
    mine: list[UUID] = field(default_factory=list)
    written: int = 0


class Agendas:
    """All of them, and the people who change them."""

    def __init__(
        self, resources: Resources, google: Google, client: httpx2.AsyncClient, seed: int
    ) -> None:
        self._resources = resources
        self._client = client
        self._google = google
        self._chance = random.Random(seed)  # noqa: S311 - no secret
        self.shared: list[Shared] = []
        self._habits = (
            self._add_here, self._add_there, self._add_here, self._add_there, self._change_here,
            self._change_there, self._change_both, self._remove_here, self._remove_there,
        )  # fmt: skip

    async def take_up(self, people: Sequence[Person]) -> None:
        """Give those who have a calendar an account at Google, a connection to it, and the calendar."""
        for person in people:
            if not person.calendar:
                continue
            account, token = f"account{person.number}", token_of(person)
            self._google.tokens[token] = account
            name = f"{account}@people.example"
            made = Agenda(name, "Mine", timezone=person.zone, clock=self._google.clock)
            agenda = self._google.add(account, made)
            wanted = Wanted("google", "Calendar", {"access_token": token})
            link = await self._resources.connections.create(person.caller, wanted)
            row, _ = await self._resources.calendars.create(person.caller, link.id, name, "")
            self.shared.append(Shared(person, row.id, agenda))

    async def change(self, moment: datetime) -> None:
        """Let some people change something, here or there or the same on both sides."""
        for shared in self.shared:
            if self._chance.random() < HOW_OFTEN:
                await self._chance.choice(self._habits)(shared, moment)

    async def _add_here(self, shared: Shared, moment: datetime) -> None:
        given = {"title": "here", "starts_at": moment + HOUR, "ends_at": moment + 2 * HOUR}
        calendars = self._resources.calendars
        made = await calendars.events.create(shared.person.caller, shared.ident, given)
        shared.mine.append(made.id)
        shared.written += 1

    async def _add_there(self, shared: Shared, moment: datetime) -> None:
        await self._write(shared, "POST", "", told("there", moment + HOUR))

    async def _change_here(self, shared: Shared, moment: datetime) -> None:
        times = {"starts_at": moment + 5 * HOUR, "ends_at": moment + 6 * HOUR}
        await self._try_here(shared, {"title": f"changed here {moment:%H:%M}", **times})

    async def _change_there(self, shared: Shared, moment: datetime) -> None:
        if ident := self._any(shared):
            await self._write(shared, "PATCH", ident, told("changed there", moment + 3 * HOUR))

    async def _change_both(self, shared: Shared, moment: datetime) -> None:
        await self._change_here(shared, moment)
        await self._change_there(shared, moment)

    async def _remove_here(self, shared: Shared, moment: datetime) -> None:
        await self._try_here(shared, None)

    async def _remove_there(self, shared: Shared, moment: datetime) -> None:
        if ident := self._any(shared):
            await self._write(shared, "DELETE", ident, None)

    async def _try_here(self, shared: Shared, given: dict[str, Any] | None) -> None:
        """Change or remove one of those made here, unless the other side has removed it."""
        if not shared.mine:
            return
        ident, caller = self._chance.choice(shared.mine), shared.person.caller
        events = self._resources.calendars.events
        try:
            if given is None:
                await events.delete(caller, shared.ident, ident)
            else:
                await events.change(caller, shared.ident, ident, given)
            shared.written += 1
        except NotFound:
            shared.mine.remove(ident)

    def _any(self, shared: Shared) -> str:
        live = sorted(e.id for e in shared.agenda.events.values() if e.status != CANCELLED)
        return self._chance.choice(live) if live else ""

    async def _write(
        self, shared: Shared, method: str, ident: str, body: dict[str, Any] | None
    ) -> None:
        """Write at Google, as another device does; a new event for no id."""
        calendar = f"/calendar/v3/calendars/{shared.agenda.id}/events"
        answer = await self._client.request(
            method,
            f"{calendar}/{ident}" if ident else calendar,
            json=body,
            headers={"Authorization": f"Bearer {token_of(shared.person)}"},
        )
        answer.raise_for_status()
        shared.written += 1

    async def faults(self, since: datetime) -> list[str]:
        """Return how the sides differ in what begins from ``since`` on, and what nobody wrote but us."""
        found: list[str] = []
        for shared in self.shared:
            here, there = await self._here(shared, since), at_google(shared.agenda, since)
            where = f"the calendar of {shared.person.owner[1]}"
            found += [f"{where}: {one}" for one in differences(here, there)]
            if shared.agenda.number > shared.written:
                found.append(
                    f"{where}: {shared.agenda.number} writes at Google, people made {shared.written}"
                )
        return found

    async def _here(self, shared: Shared, since: datetime) -> Shown:
        found = await self._resources.db.fetch(HERE, shared.ident, since)
        return {r["remote_id"]: (r["title"], r["starts_at"], r["ends_at"]) for r in found}


def token_of(person: Person) -> str:
    """Return what opens a person's account at Google."""
    return f"token-{person.number}"


def at_google(agenda: Agenda, since: datetime) -> Shown:
    """Return what a calendar at Google says."""
    return {
        event.id: (
            event.body.get("summary", ""),
            when(event.body["start"]),
            when(event.body["end"]),
        )
        for event in list(agenda.events.values())
        if event.status != CANCELLED and when(event.body["start"]) >= since
    }


def differences(here: Shown, there: Shown) -> Iterator[str]:
    """Yield each event that is not the same on both sides."""
    for ident in sorted(here.keys() | there.keys()):
        if here.get(ident) != there.get(ident):
            yield f"{ident} is {here.get(ident)} here and {there.get(ident)} there"


def told(summary: str, at: datetime) -> dict[str, Any]:
    """Return an event as Google's API takes it."""
    times = {"start": at, "end": at + HOUR}
    return {"summary": summary} | {n: {"dateTime": t.isoformat()} for n, t in times.items()}


def when(said: dict[str, str]) -> datetime:
    """Return the moment of a time with an offset."""
    return datetime.fromisoformat(said["dateTime"]).astimezone(UTC)
