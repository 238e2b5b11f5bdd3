"""From what was found to what is done: proposed, confirmed by its owner, and carried out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jobs.context import Context
from jobs.dumping.carrying_out import CarryingOut, ChangedMeanwhile
from jobs.dumping.confirmation import confirmation_of
from jobs.dumping.found import ContextFound, TasksFound
from jobs.dumping.known import MOST_KNOWN_PROJECTS, Known
from jobs.dumping.merge import merged
from jobs.dumping.operations import Operation, Proposal
from jobs.dumping.wording import prompt, proposed_lines
from jobs.errors import Discard, InputTimeout
from jobs.kept.brain_dumps import (
    BrainDumpRow,
    OwnDump,
    Status,
    end_dump,
    find_dump,
    keep_proposal,
    seconds_to_wait,
)
from jobs.kept.projects import list_projects
from jobs.kept.tasks import find_tasks

MOST_PROPOSALS = 3
PROPOSED = 0.85


@dataclass(frozen=True, slots=True)
class Deciding:
    """Proposes until what was accepted could be carried out.

    Each proposal is kept before anybody is asked, so that a later attempt asks the same and finds the
    answer that was given.
    """

    context: Context
    own: OwnDump
    usage: Mapping[str, Any]
    auto_accept: bool

    async def decide(self) -> None:
        """See it through. Raises Discard (``deleted changed_meanwhile too_many``), InputTimeout."""
        for number in range(MOST_PROPOSALS):
            proposal = await self._proposal(number)
            await self.context.output(proposed_lines(proposal, confirmed=self.auto_accept))
            if not proposal.operations:
                return await self._end("nothing_found")
            accepted = await self._accepted(proposal, again=number > 0)
            if await self._carried_out(proposal, accepted):
                return None
            await self.context.log("Something was changed meanwhile, so nothing was done")
        raise Discard(
            f"Tasks were changed meanwhile each of {MOST_PROPOSALS} times.", "changed_meanwhile"
        )

    async def _proposal(self, number: int) -> Proposal:
        """Return a proposal as it is kept; if it is not yet, make it of how things are now."""
        row = await self._row()
        if len(row.proposals) <= number:
            async with self.context.db() as session:
                known = Known.model_validate(row.known)
                owner = (session, self.own.org, self.own.user)
                projects = await list_projects(*owner, MOST_KNOWN_PROJECTS)
                tasks = await find_tasks(*owner, [task.id for task in known.tasks])
                new = proposal_of(row, known.now(projects, tasks))
                await keep_proposal(session, self.own, number, new.model_dump(mode="json"))
            row = await self._row()
        return Proposal.model_validate(row.proposals[number])

    async def _accepted(self, proposal: Proposal, *, again: bool) -> Sequence[Operation]:
        """Return what shall be done."""
        if self.auto_accept:
            return [one.operation for one in proposal.operations]
        async with self.context.db() as session:
            seconds = await seconds_to_wait(session, self.own)
        if seconds is None:
            raise deleted()
        told = {"dump_id": str(self.own.id), "operations": len(proposal.operations)}
        await self.context.notify("brain_dump_waiting", told)
        await self.context.progress(PROPOSED, "Waiting for your confirmation")
        model, asked = confirmation_of(proposal), prompt(proposal, again=again)
        try:
            answer = await self.context.wait_for_input(model, timedelta(seconds=seconds), asked)
        except InputTimeout:
            await self._end("expired")
            raise
        return answer.accepted

    async def _carried_out(self, proposal: Proposal, accepted: Sequence[Operation]) -> bool:
        """Do it all in one transaction, once; False when that cannot be any more and nothing was done."""
        try:
            async with self.context.db() as session:
                row = await find_dump(session, self.own, lock=True)
                if row is None:
                    raise deleted()
                if not row.over:
                    ended = await CarryingOut(session, self.own, proposal).run(accepted)
                    outcomes = [one.model_dump(mode="json") for one in ended]
                    status: Status = "done" if accepted else "rejected"
                    await end_dump(session, self.own, status, outcomes, self.usage)
        except ChangedMeanwhile:
            return False
        return True

    async def _end(self, status: Status) -> None:
        async with self.context.db() as session:
            await end_dump(session, self.own, status, [], self.usage)

    async def _row(self) -> BrainDumpRow:
        async with self.context.db() as session:
            row = await find_dump(session, self.own)
        if row is None:
            raise deleted()
        return row


def proposal_of(row: BrainDumpRow, known: Known) -> Proposal:
    """Return what is proposed by what was found and what there is to do now."""
    context = ContextFound.model_validate(row.context)
    return merged(context, TasksFound.model_validate(row.tasks), known)


def deleted() -> Discard:
    """Return what ends a job whose brain dump is gone."""
    return Discard("The brain dump was deleted before it was finished.", code="deleted")
