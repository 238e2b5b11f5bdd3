"""What is proposed and what became of it, in words."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from jobs.dumping.lines import PRIORITIES, due, urgency
from jobs.dumping.operations import LeftOut, Proposal

MOST_TOLD = 10
AGAIN = "Something was changed meanwhile, so nothing is done yet. "


def about_new(what: str, name: str, day: date | None, priority: int, project: str) -> str:
    """Return what a new task or project is about, on one line."""
    return f"New {what}: {name}{due(day)}{urgency(priority)}{f' · in {project}' if project else ''}"


def about_change(before: Mapping[str, Any], after: Mapping[str, Any], project: str) -> str:
    """Return what a change is about: the task as it was called, and what will be otherwise."""
    said = [f"Change: {before['title']}"]
    if after["title"] != before["title"]:
        said.append(f"now “{after['title']}”")
    if after["due_on"] != before["due_on"]:
        was = f" (was {before['due_on']})" if before["due_on"] else ""
        said.append(f"due {after['due_on']}{was}")
    if after["priority"] != before["priority"]:
        said.append(f"{PRIORITIES[after['priority']]} (was {PRIORITIES[before['priority']]})")
    if after["project"] != before["project"]:
        said.append(f"in {project}")
    if after["notes"] != before["notes"]:
        said.append("with notes")
    return " · ".join(said)


def prompt(proposal: Proposal, *, again: bool) -> str:
    """Return what the owner is asked, with what was left out, a line each."""
    asked = f"{count(len(proposal.operations))} from your notes: do what is ticked?"
    return "\n".join([(AGAIN if again else "") + asked, *left_out_lines(proposal.left_out)])


def left_out_lines(left_out: Sequence[LeftOut]) -> list[str]:
    """Return a line for each thing that was left out, at most MOST_TOLD."""
    told = [f"Left out: “{one.title}”: {one.reason}." for one in left_out[:MOST_TOLD]]
    more = len(left_out) - MOST_TOLD
    return [*told, f"… and {more} more"] if more > 0 else told


def count(number: int) -> str:
    """Return how many operations."""
    return "1 operation" if number == 1 else f"{number} operations"


def proposed_lines(proposal: Proposal, *, confirmed: bool) -> str:
    """Return the lines that say what is proposed now, below what was found."""
    number = len(proposal.operations)
    said = f"{count(number)}{'' if confirmed else ' to confirm'}" if number else "Nothing to do"
    return "\n".join(["", said, *left_out_lines(proposal.left_out), ""])


def ended_line(status: str, done: int, rejected: int) -> str:
    """Return the line that says how it ended."""
    if status == "nothing_found":
        return "Nothing was found to do\n"
    return f"{count(done)} done{f', {rejected} rejected' if rejected else ''}\n"
