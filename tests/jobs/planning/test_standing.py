"""What of an earlier plan stays: whatever somebody has touched, and what that needs."""

from uuid import UUID

import pytest

from jobs.kept.phases import PhaseRow
from jobs.kept.tasks import TaskRow
from jobs.planning.standing import parted
from tests.jobs.planning.plans import PROJECT, phase_row, task_row

OTHER = UUID(int=9)


def stays(phases: list[PhaseRow], tasks: list[TaskRow]) -> tuple[list[str], list[str]]:
    """Return the names of what stays."""
    found = parted(phases, tasks, PROJECT)
    assert set(found.gone_phases).isdisjoint(phase.id for phase in found.phases)
    assert set(found.gone_tasks).isdisjoint(task.id for task in found.tasks)
    return [phase.name for phase in found.phases], [task.title for task in found.tasks]


def test_what_a_job_made_and_nobody_touched_goes() -> None:
    phases = [phase_row(1), phase_row(2)]
    tasks = [task_row(1, 1), task_row(2, 2, depends_on=[UUID(int=201)])]

    found = parted(phases, tasks, PROJECT)

    assert (found.phases, found.tasks, found.places) == ([], [], (0, 0))
    assert found.gone_phases == [UUID(int=101), UUID(int=102)]
    assert found.gone_tasks == [UUID(int=201), UUID(int=202)]


@pytest.mark.parametrize(
    "touched",
    [{"version": 2}, {"status": "done"}, {"job_id": None}, {"job_id": OTHER}],
    ids=["changed", "done", "by hand", "by another kind"],
)
def test_a_task_that_somebody_touched_stays_with_its_phase(touched: dict[str, object]) -> None:
    tasks = [task_row(1, 1), task_row(2, 1, **touched), task_row(3, 2)]

    assert stays([phase_row(1), phase_row(2)], tasks) == (["P1"], ["T2"])


@pytest.mark.parametrize("touched", [{"version": 2}, {"status": "doing"}], ids=["changed", "begun"])
def test_a_phase_that_somebody_touched_stays_without_the_tasks_nobody_did(
    touched: dict[str, object],
) -> None:
    assert stays([phase_row(1, **touched)], [task_row(1, 1)]) == (["P1"], [])


def test_a_phase_made_by_hand_stays_with_its_tasks() -> None:
    tasks = [task_row(1, 1), task_row(2, 1, job_id=None)]

    assert stays([phase_row(1, job_id=None)], tasks) == (["P1"], ["T1", "T2"])


def test_what_a_staying_task_waits_for_stays_however_far_away() -> None:
    tasks = [
        task_row(1, 1),
        task_row(2, 1, depends_on=[UUID(int=201)]),
        task_row(3, 2, depends_on=[UUID(int=202)], version=2),
        task_row(4, 2),
    ]

    assert stays([phase_row(1), phase_row(2)], tasks) == (["P1", "P2"], ["T1", "T2", "T3"])


def test_a_task_of_another_project_holds_what_it_waits_for_and_is_not_told() -> None:
    tasks = [task_row(1, 1), task_row(2, project_id=OTHER, depends_on=[UUID(int=201)])]

    assert stays([phase_row(1)], tasks) == (["P1"], ["T1"])


def test_a_task_without_a_phase_stays() -> None:
    assert stays([phase_row(1)], [task_row(1)]) == ([], ["T1"])


def test_new_ones_come_behind_what_stays() -> None:
    found = parted([phase_row(4, version=2)], [task_row(7, 4, version=2), task_row(9, 4)], PROJECT)

    assert found.places == (5, 8)


def test_the_model_is_told_what_stays_and_how_far_it_is() -> None:
    phases = [phase_row(1, version=2, status="doing")]
    tasks = [task_row(1, 1, status="done"), task_row(2, job_id=None)]

    assert parted(phases, tasks, PROJECT).titles == [
        "P1 (a phase, begun)",
        "T1 (done)",
        "T2 (planned)",
    ]
