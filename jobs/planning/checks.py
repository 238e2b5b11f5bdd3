"""What must be right about a plan beyond its shape: its days, their order, and what depends on what."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from jobs.planning.plan import MOST_TASKS, Plan, PlannedPhase, PlannedTask
from jobs.planning.span import Span
from jobs.planning.strategies import Strategy


@dataclass(frozen=True, slots=True)
class Demand:
    """What a plan has to keep to."""

    span: Span
    strategy: Strategy
    most_phases: int


def problems_of(plan: Plan, demand: Demand) -> list[str]:
    """Return a sentence for everything that is wrong with a plan, with where it is."""
    return [
        *counts(plan, demand),
        *(problem for i, phase in enumerate(plan.phases) for problem in days(i, phase, demand)),
        *order(plan, demand.strategy),
        *dependencies(plan, demand.strategy),
    ]


def counts(plan: Plan, demand: Demand) -> Iterator[str]:
    """Yield what there is too much of."""
    if len(plan.phases) > demand.most_phases:
        yield f"phases: {len(plan.phases)} of them, at most {demand.most_phases} are allowed"
    if len(plan.tasks) > MOST_TASKS:
        yield f"phases: {len(plan.tasks)} tasks in all, at most {MOST_TASKS} are allowed"


def days(number: int, phase: PlannedPhase, demand: Demand) -> Iterator[str]:
    """Yield what is wrong with the days of a phase and of its tasks."""
    span, where = demand.span, f"phases.{number}"
    yield from outside(where, phase, (span.first, span.last))
    longest, length = demand.strategy.longest_days, (phase.due_on - phase.starts_on).days + 1
    if longest is not None and length > longest:
        yield f"{where}: has {length} days, at most {longest} are allowed"
    for index, task in enumerate(phase.tasks):
        yield from outside(f"{where}.tasks.{index}", task, (phase.starts_on, phase.due_on))


def outside(
    where: str, one: PlannedPhase | PlannedTask, allowed: tuple[date, date]
) -> Iterator[str]:
    """Yield what is wrong with the days of something that must lie within others."""
    if one.starts_on is not None and one.due_on < one.starts_on:
        yield f"{where}.due_on: {one.due_on} is before its starts_on {one.starts_on}"
    for name, day in (("starts_on", one.starts_on), ("due_on", one.due_on)):
        if day is not None and not allowed[0] <= day <= allowed[1]:
            yield f"{where}.{name}: {day} is not between {allowed[0]} and {allowed[1]}"


def order(plan: Plan, strategy: Strategy) -> Iterator[str]:
    """Yield where a phase begins before it is its turn."""
    for number, (before, phase) in enumerate(pairwise(plan.phases), start=1):
        day = timedelta(0) if strategy.overlap else timedelta(days=1)
        earliest = before.starts_on if strategy.overlap else before.due_on
        if phase.starts_on - earliest < day:
            told = "on or after" if strategy.overlap else "after"
            yield f"phases.{number}.starts_on: {phase.starts_on} must be {told} {earliest}"


def dependencies(plan: Plan, strategy: Strategy) -> Iterator[str]:
    """Yield what is wrong with what depends on what."""
    tasks = plan.tasks
    by_key = {task.key: task for task in tasks}
    if len(by_key) < len(tasks):
        yield "phases: each task needs a key of its own"
        return
    for task in tasks:
        yield from early(task, by_key)
    yield from circles(tasks)
    if strategy.chained and len(tasks) > 1 and not any(task.depends_on for task in tasks):
        yield "phases: no task depends on another; name the dependencies"


def early(task: PlannedTask, by_key: Mapping[str, PlannedTask]) -> Iterator[str]:
    """Yield which of a task's dependencies is not there, or comes after it."""
    begins = task.starts_on or task.due_on
    for key in task.depends_on:
        before = by_key.get(key)
        if before is None:
            yield f"task {task.key}: depends on {key}, which is not there"
        elif before.due_on > begins:
            yield f"task {task.key}: is for {begins}, before {key} is due on {before.due_on}"


def circles(tasks: list[PlannedTask]) -> Iterator[str]:
    """Yield a circle of tasks that wait for each other, if there is one."""
    try:
        TopologicalSorter({task.key: task.depends_on for task in tasks}).prepare()
    except CycleError as error:
        yield f"tasks {' → '.join(error.args[1])}: wait for each other in a circle"
