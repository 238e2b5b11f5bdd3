"""What must be right about a plan: days, order, dependencies, and what its strategy asks."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from jobs.planning.checks import Demand, problems_of
from jobs.planning.plan import MOST_TASKS, Plan
from jobs.planning.span import Span
from jobs.planning.strategies import STRATEGIES, StrategyName
from tests.jobs.planning.plans import day, phase, plan_of, task

JANUARY = Span(date(2026, 1, 1), date(2026, 1, 31), given=True)
FIRST = phase("a", 1, 7)


def problems(
    *phases: dict[str, Any], strategy: StrategyName = "milestones", most: int = 5
) -> list[str]:
    return problems_of(plan_of(*phases), Demand(JANUARY, STRATEGIES[strategy], most))


def test_a_plan_in_order_has_no_problems() -> None:
    second = phase(
        "b",
        8,
        31,
        task("b1", 10, "a"),
        task("b2", 31, "b1", "a", starts_on=day(10)),
    )

    assert problems(FIRST, second) == []


@pytest.mark.parametrize(
    ("strategy", "phases", "told"),
    [
        ("milestones", [phase("a", 0, 2)], "phases.0.starts_on: 2025-12-31 is not between"),
        ("milestones", [phase("a", 30, 32)], "phases.0.due_on: 2026-02-01 is not between"),
        ("milestones", [FIRST, phase("b", 7, 9)], "2026-01-07 must be after 2026-01-07"),
        ("weekly", [phase("a", 1, 8)], "phases.0: has 8 days, at most 7 are allowed"),
        ("agile", [phase("a", 1, 15)], "phases.0: has 15 days, at most 14 are allowed"),
        (
            "critical_path",
            [phase("b", 5, 9, task("b", 9, "a")), FIRST],
            "phases.1.starts_on: 2026-01-01 must be on or after 2026-01-05",
        ),
    ],
    ids=["too early", "too late", "overlapping", "long week", "long sprint", "out of order"],
)
def test_what_is_wrong_with_days_is_told_with_its_place(
    strategy: StrategyName, phases: list[dict[str, Any]], told: str
) -> None:
    found = problems(*phases, strategy=strategy)

    assert len(found) == 1
    assert told in found[0]


@pytest.mark.parametrize(
    ("tasks", "told"),
    [
        ([task("a", 8)], "phases.0.tasks.0.due_on: 2026-01-08 is not between"),
        ([task("a", 2, starts_on=day(3))], "phases.0.tasks.0.due_on: 2026-01-02 is before"),
        ([task("a", 2), task("a", 2)], "phases: each task needs a key of its own"),
        ([task("a", 2, "z")], "task a: depends on z, which is not there"),
        ([task("a", 2, "a")], "tasks a → a: wait for each other in a circle"),
        ([task("a", 2, "b"), task("b", 3)], "task a: is for 2026-01-02, before b is due on"),
    ],
    ids=["outside", "backwards", "same key", "unknown", "itself", "before its time"],
)
def test_what_is_wrong_with_tasks_is_told(tasks: list[dict[str, Any]], told: str) -> None:
    found = problems(phase("p", 1, 7, *tasks))

    assert len(found) == 1
    assert told in found[0]


def test_the_tasks_of_a_critical_path_depend_on_each_other() -> None:
    tasks = [task("a", 2), task("b", 3)]

    found = problems(phase("p", 1, 7, *tasks), strategy="critical_path")

    assert found == ["phases: no task depends on another; name the dependencies"]


def test_a_phase_that_ends_before_it_begins_is_told() -> None:
    found = problems(phase("a", 9, 8))

    assert found[0] == "phases.0.due_on: 2026-01-08 is before its starts_on 2026-01-09"


def test_a_circle_over_several_tasks_is_named() -> None:
    work = [task("a", 2, "c"), task("b", 2, "a"), task("c", 2, "b"), task("d", 2, "a")]

    found = problems(phase("p", 1, 7, *work))

    assert len(found) == 1
    assert {"a", "b", "c"} == set(found[0].removeprefix("tasks ").split(":")[0].split(" → "))


def test_phases_of_a_critical_path_may_overlap() -> None:
    second = phase("b", 1, 20, task("b", 20, "a"))

    assert problems(FIRST, second, strategy="critical_path") == []
    assert problems(FIRST, second) != []


def test_there_are_no_more_phases_and_tasks_than_allowed() -> None:
    work = {number: [task(f"{number} {n}", number) for n in range(12)] for number in range(1, 12)}
    phases = [phase(f"p{number}", number, number, *tasks) for number, tasks in work.items()]

    assert problems(*phases, most=11) == [
        f"phases: 132 tasks in all, at most {MOST_TASKS} are allowed"
    ]
    assert problems(*phases[:6]) == ["phases: 6 of them, at most 5 are allowed"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"phases": []}, {"phases": "none"}, {}, {"phases": [FIRST], "note": "x"},
        {"phases": [{**FIRST, "tasks": []}]}, {"phases": [{**FIRST, "name": " \x00 "}]},
        {"phases": [{**FIRST, "starts_on": "soon"}]}, {"phases": [{**FIRST, "due_on": "2026-02-30"}]},
        {"phases": [phase("a", 1, 7, task("a", 2, priority=4))]},
        {"phases": [phase("a", 1, 7, task("a", 2, estimate_minutes=0))]},
        {"phases": [phase("a", 1, 7, task("a", 2, title=""))]},
        {"phases": [FIRST] * 27},
    ],
    ids=range(12),
)  # fmt: skip
def test_what_is_no_plan_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Plan.model_validate(wrong)


def test_words_are_kept_without_what_no_database_holds() -> None:
    odd = phase("a\x00 b\n c", 1, 7, task("k", 1, notes="x\ud800\ny\x07"))

    found = plan_of(odd).phases[0]

    assert (found.name, found.tasks[0].notes) == ("a b c", "x\ny")
