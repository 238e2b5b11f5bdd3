"""Which side of an event counts, over everything the two sides may have done."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from jobs.agenda.content import Content
from jobs.agenda.merge import SKIP, Action, Outcome, merge, pushed
from jobs.agenda.sides import LocalEvent, Pending, RemoteEvent

ID = UUID("01a203fe-315d-7704-ba1e-0be741383f9a")
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def content(title: str) -> Content:
    return Content(title, "", "", NOON, NOON + timedelta(hours=1))


BASE, OURS, THEIRS = content("Base"), content("Ours"), content("Theirs")
LOCAL = LocalEvent(ID, ID.hex, '"1"', BASE.digest, "", None, None, 3, BASE)


def ours(pending: Pending = "change", changed_at: datetime = NOON) -> LocalEvent:
    return replace(LOCAL, pending=pending, content=OURS, changed_at=changed_at)


def theirs(
    said: Content | None = THEIRS, updated_at: datetime | None = NOON, mark: str = ""
) -> RemoteEvent:
    return RemoteEvent(ID.hex, '"2"', updated_at, said, mark=mark)


GONE = theirs(None)


def test_what_is_not_here_is_taken_and_what_is_gone_there_is_none_of_our_business() -> None:
    assert merge(None, theirs()) == Outcome(Action.TAKE, changed=True)
    assert merge(None, GONE) == SKIP


def test_an_etag_that_is_known_is_no_news_even_while_something_is_pending() -> None:
    known = replace(theirs(BASE), etag='"1"')

    assert merge(LOCAL, known) == SKIP
    assert merge(ours(), known) == SKIP


def test_without_a_change_here_the_other_side_counts() -> None:
    assert merge(LOCAL, theirs()) == Outcome(Action.TAKE, changed=True)
    assert merge(LOCAL, GONE) == Outcome(Action.DROP, changed=True)


def test_a_change_there_of_what_is_not_kept_here_is_no_news() -> None:
    assert merge(LOCAL, theirs(BASE)) == Outcome(Action.TAKE)
    assert merge(ours(), theirs(BASE, NOON + MINUTE)) == Outcome(Action.KEEP, pending="change")
    assert merge(ours("delete"), theirs(BASE)) == Outcome(Action.KEEP, pending="delete")


def test_both_sides_wanting_the_same_is_no_conflict() -> None:
    assert merge(ours(), theirs(OURS)) == Outcome(Action.TAKE)
    assert merge(ours("delete"), GONE) == Outcome(Action.DROP)


@pytest.mark.parametrize(
    ("pending", "remote", "kept"),
    [
        ("change", theirs(), "change"),
        ("create", theirs(), "change"),
        ("delete", theirs(), "delete"),
        ("change", GONE, "restore"),
        ("restore", theirs(), "change"),
        ("restore", GONE, "restore"),
    ],
    ids=["change", "create", "delete", "gone", "back again", "gone again"],
)
def test_the_last_writer_wins_and_that_is_a_conflict(
    pending: Pending, remote: RemoteEvent, kept: Pending
) -> None:
    won = merge(ours(pending, NOON + MINUTE), remote)
    lost = merge(ours(pending, NOON - MINUTE), remote)
    tied = merge(ours(pending, NOON), remote)

    assert won == Outcome(Action.KEEP, pending=kept, winner="local")
    action = Action.DROP if remote.gone else Action.TAKE
    assert lost == tied == Outcome(action, changed=True, winner="remote")


def test_a_side_that_does_not_say_when_it_changed_wins() -> None:
    outcome = merge(ours(changed_at=NOON + MINUTE), theirs(None, None))

    assert outcome == Outcome(Action.DROP, changed=True, winner="remote")


@pytest.mark.parametrize(
    ("pushed_at", "mark", "own"),
    [
        (NOON - 4 * MINUTE, THEIRS.mark(ID), True),
        (NOON + 4 * MINUTE, THEIRS.mark(ID), True),
        (NOON - 6 * MINUTE, THEIRS.mark(ID), False),
        (None, THEIRS.mark(ID), False),
        (NOON, OURS.mark(ID), False),
        (NOON, THEIRS.mark(UUID(int=7)), False),
        (NOON, "", False),
    ],
    ids=["own", "by a clock behind", "too old", "never told", "changed since", "a copy", "none"],
)
def test_an_own_push_is_known_by_its_mark_within_five_minutes(
    pushed_at: datetime | None, mark: str, own: bool
) -> None:
    local = replace(ours(changed_at=NOON + MINUTE), pushed_at=pushed_at)

    outcome = merge(local, theirs(mark=mark))

    assert outcome.winner == (None if own else "local")
    assert (outcome.action, outcome.pending) == (Action.KEEP, "change")


def test_an_answer_to_a_push_is_taken_unless_its_user_changed_it_meanwhile() -> None:
    told = ours("create")
    again = replace(told, version=told.version + 1)

    assert pushed(told, told, theirs(OURS)) == Outcome(Action.TAKE)
    assert pushed(again, told, theirs(OURS)) == Outcome(Action.KEEP, pending="change")
    removed = replace(again, pending="delete")
    assert pushed(removed, told, theirs(OURS)) == Outcome(Action.KEEP, pending="delete")
    assert pushed(ours("delete"), ours("delete"), GONE) == Outcome(Action.DROP)
    assert pushed(None, told, theirs(OURS)) == SKIP
