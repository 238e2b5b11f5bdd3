"""What both extractions have found, as operations checked against what there is to do."""

from datetime import date
from typing import Any

import pytest

from jobs.dumping.found import MOST_OPERATIONS
from jobs.dumping.known import Known
from jobs.dumping.merge import added
from jobs.dumping.operations import Proposal
from tests.jobs.dumping.said import (
    GARDEN,
    HOUSE,
    KNOWN,
    PAINT,
    SEEDS,
    TODAY,
    known_task,
    project,
    propose,
    task,
)


def operations(proposal: Proposal) -> list[Any]:
    return [one.operation for one in proposal.operations]


def left_out(proposal: Proposal) -> list[tuple[str, str]]:
    return [(one.title, one.reason) for one in proposal.left_out]


def test_projects_come_first_and_their_tasks_name_them() -> None:
    garden, dig = operations(
        propose(task("Dig", project="the garden "), projects=[project("The Garden", goal="Eat")])
    )

    assert (garden.op, garden.id, garden.name, garden.goal) == (
        "create_project", "op1", "The Garden", "Eat",
    )  # fmt: skip
    assert (dig.id, dig.project, dig.about) == ("op2", "op1", "New task: Dig · in The Garden (new)")


def test_a_project_that_only_a_task_names_is_made_once() -> None:
    found = operations(propose(task("Dig", project="Garden"), task("Sow", project="garden")))

    assert [(one.op, one.id) for one in found] == [
        ("create_project", "op1"), ("create_task", "op2"), ("create_task", "op3"),
    ]  # fmt: skip
    assert found[1].project == found[2].project == "op1"


@pytest.mark.parametrize("name", ["P1", "p1", "House", "house.", " HOUSE "])
def test_a_known_project_is_found_by_its_short_name_or_its_name(name: str) -> None:
    [dig] = operations(propose(task("Dig", project=name)))

    assert (dig.project, dig.about) == (str(HOUSE), "New task: Dig · in House")


def test_a_known_project_is_known_by_what_the_text_calls_it_too() -> None:
    found = propose(
        task("Dig", project="the old place"), projects=[project("The old place", project="P1")]
    )

    assert [one.project for one in operations(found)] == [str(HOUSE)]


@pytest.mark.parametrize("name", ["P9", "T1", "t77"])
def test_a_short_name_that_nothing_has_is_no_project(name: str) -> None:
    assert [one.project for one in operations(propose(task("Dig", project=name)))] == [""]


def test_a_change_keeps_what_the_text_leaves_out() -> None:
    proposal = propose(
        task("Buy paint", "update", task="T1", due_on="2026-12-08", notes="two tins")
    )

    [change], [proposed] = operations(proposal), proposal.operations
    assert (proposed.task_id, proposed.version) == (PAINT, 3)
    assert (change.title, change.project, change.priority) == ("Buy paint", str(HOUSE), 1)
    assert (change.due_on, change.notes) == (date(2026, 12, 8), "blue\n\ntwo tins")
    assert change.about == "Change: Buy paint · due 2026-12-08 (was 2026-12-01) · with notes"


def test_a_day_that_is_far_away_is_no_obstacle() -> None:
    known = Known(today=TODAY, zone="UTC", tasks=[known_task(due_on=date(1969, 7, 20))])

    proposal = propose(task("Buy paint", "update", priority=3), known=known)

    assert operations(proposal)[0].due_on == date(1969, 7, 20)


def test_a_change_of_everything_is_told_in_one_line() -> None:
    proposal = propose(
        task("Buy varnish", "update", task="T1", project="Garden", priority=3),
        projects=[project("Garden")],
    )

    change = operations(proposal)[1]
    assert change.about == (
        "Change: Buy paint · now “Buy varnish” · urgent (was normal) · in Garden (new)"
    )


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (task("Buy  PAINT."), "it is on the list already"),
        (task("Walk", "complete"), "there is no such task"),
        (task("Walk", "drop", task="T9"), "there is no such task"),
        (task("Buy paint", "update", task="T1"), "nothing changes"),
        (task("Buy paint", "update", task="T1", notes="blue"), "nothing changes"),
    ],
    ids=["doubled", "unknown", "wrong key", "the same", "the same notes"],
)
def test_what_makes_no_sense_is_left_out_with_why(found: dict[str, Any], reason: str) -> None:
    proposal = propose(found)

    assert proposal.operations == []
    assert left_out(proposal) == [(" ".join(found["title"].split()), reason)]


def test_the_same_task_is_new_only_once() -> None:
    proposal = propose(task("Dig"), task("dig!"))

    assert [one.title for one in operations(proposal)] == ["Dig"]
    assert left_out(proposal) == [("dig!", "it is on the list already")]


def test_of_two_operations_on_one_task_the_first_counts() -> None:
    proposal = propose(task("Order seeds", "complete", task="t2"), task("Order seeds", "drop"))

    assert [one.op for one in operations(proposal)] == ["complete_task"]
    assert proposal.operations[0].task_id == SEEDS
    assert left_out(proposal) == [("Order seeds", "something else is proposed for the same task")]


@pytest.mark.parametrize("status", ["done", "dropped"])
def test_a_task_that_is_over_by_now_is_left_out(status: str) -> None:
    known = Known(today=TODAY, zone="UTC", tasks=[known_task(status=status)])

    proposal = propose(task("Buy paint", "complete", task="T1"), known=known)

    assert left_out(proposal) == [("Buy paint", f"it is {status} already")]


def test_a_title_that_two_tasks_have_names_neither() -> None:
    twins = Known(today=TODAY, zone="UTC", tasks=[known_task(), known_task("T2", SEEDS)])

    proposal = propose(task("Buy paint", "drop"), known=twins)

    assert left_out(proposal) == [("Buy paint", "there is no such task")]


@pytest.mark.parametrize("houses", [9, 10])
def test_there_are_never_more_operations_than_may_be(houses: int) -> None:
    many = [task(f"Dig hole {n}", project=f"Garden {n}") for n in range(30)]

    proposal = propose(*many, projects=[project(f"House {n}") for n in range(houses)])

    assert len(proposal.operations) == MOST_OPERATIONS
    assert len({one.operation.id for one in proposal.operations}) == MOST_OPERATIONS
    assert left_out(proposal)[-1] == ("Dig hole 29", "there are 40 operations already")


def test_what_is_gone_by_now_is_not_known_any_more() -> None:
    now = KNOWN.now([], [])

    proposal = propose(
        task("Buy paint", "complete", task="T1"), task("Dig", project="P1"), known=now
    )

    assert [one.op for one in operations(proposal)] == ["create_task"]
    assert operations(proposal)[0].project == ""
    assert left_out(proposal) == [("Buy paint", "there is no such task")]


def test_notes_are_only_added_while_there_is_room() -> None:
    assert added("", "more") == "more"
    assert added("some more", "more") == "some more"
    assert added("x" * 9_999, "more") == "x" * 9_999


def test_a_proposal_is_the_same_after_it_was_kept() -> None:
    proposal = propose(
        task("Dig", project="Garden", due_on="2026-12-08"), task("Order seeds", "complete")
    )

    assert Proposal.model_validate(proposal.model_dump(mode="json")) == proposal
    assert str(GARDEN) not in proposal.projects
