"""What people do while time goes by: they open briefs, change calendars, and some are told too much."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from jobs.queue import Submission
from jobs.resources import Resources
from tests.simulation.agendas import Agendas
from tests.simulation.people import Person

VERIFY = """
UPDATE preferences p SET email_verified_at = CASE WHEN t.email THEN now() END,
  phone_verified_at = CASE WHEN t.phone THEN now() END
FROM unnest($1::text[], $2::text[], $3::boolean[], $4::boolean[]) AS t(org_id, user_id, email, phone)
WHERE p.org_id = t.org_id AND p.user_id = t.user_id
"""
WANT_BRIEFS = "UPDATE preferences SET brief_opt_in = true"
NEW = """
SELECT b.id, b.org_id, b.user_id, i.id AS entry FROM briefs b
JOIN inbox i ON i.job_id = b.id AND i.name = 'brief_completed'
WHERE b.created_at >= $1 AND b.opened_at IS NULL AND i.read_at IS NULL
"""


@dataclass
class Life:
    """The people, and what they can do."""

    resources: Resources
    people: Sequence[Person]
    agendas: Agendas

    async def settle(self, today: date) -> None:
        """Let them say what they wish, show that their addresses are theirs, and have things to do.

        All want briefs from the same moment on, so that none is due to some of them before the others.
        """
        for person in self.people:
            waiting = person.wishes.model_copy(update={"brief_opt_in": False})
            await self.resources.preferences.put(person.caller, waiting)
            project = await self.resources.projects.create(person.caller, {"name": "A garden"})
            for days in range(-1, 3):
                task = {"title": f"Task {days}", "due_on": today + timedelta(days=days)}
                wanted = {**task, "project_id": project.id}
                await self.resources.tasks.create(person.caller, wanted)
        orgs, users = zip(*(person.owner for person in self.people), strict=True)
        email, phone = (
            [getattr(person, f"{way}_verified") for person in self.people]
            for way in ("email", "phone")
        )
        await self.resources.db.fetch(VERIFY, orgs, users, email, phone)
        await self.agendas.take_up(self.people)
        await self.resources.db.fetch(WANT_BRIEFS)

    async def go_on(self, moment: datetime, *, calendars: bool) -> None:
        """Let them do what they do at ``moment``."""
        await self._open_briefs(moment)
        if moment.minute == 0:
            await self._make_noise()
        if calendars:
            await self.agendas.change(moment)

    async def _open_briefs(self, moment: datetime) -> None:
        known = {person.owner: person for person in self.people}
        for record in await self.resources.db.fetch(NEW, moment):
            person = known[record["org_id"], record["user_id"]]
            if person.opens == "page":
                await self.resources.briefs.open(person.caller, record["id"])
            elif person.opens == "inbox":
                await self.resources.inbox.read(person.caller, [UUID(str(record["entry"]))])

    async def _make_noise(self) -> None:
        for person in self.people:
            if person.noisy:
                await self.resources.queue.submit(person.caller, Submission("noise", {}))
