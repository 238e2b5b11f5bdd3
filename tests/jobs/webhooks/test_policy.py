from datetime import timedelta

import pytest

from jobs.webhooks.policy import WAITS, Answer, wait_after

PROBLEM = Answer(problem="The receiver cannot be reached.")


@pytest.mark.parametrize("tries", range(1, 10))
def test_a_failed_try_is_repeated_after_the_listed_wait_give_or_take_a_tenth(tries: int) -> None:
    listed = WAITS[tries - 1]

    waits = [wait_after(tries, PROBLEM) for _ in range(200)]

    assert all(wait is not None and listed * 0.9 <= wait <= listed * 1.1 for wait in waits)
    assert len(set(waits)) > 50


def test_after_the_tenth_try_it_is_given_up() -> None:
    assert wait_after(10, PROBLEM) is None
    assert wait_after(11, Answer(503, retry_after=timedelta(hours=1))) is None


def test_a_receiver_may_ask_for_a_longer_wait_but_not_for_a_shorter_one() -> None:
    longer = wait_after(1, Answer(503, retry_after=timedelta(hours=1)))
    shorter = wait_after(2, Answer(429, retry_after=timedelta(seconds=1)))

    assert longer == timedelta(hours=1)
    assert shorter is not None
    assert shorter >= timedelta(minutes=4)


@pytest.mark.parametrize(
    ("answer", "delivered", "gone", "told"),
    [
        (Answer(200), True, False, None),
        (Answer(204), True, False, None),
        (Answer(302), False, False, "The receiver answered 302; redirects are not followed."),
        (Answer(410), False, True, "The receiver answered 410."),
        (Answer(500), False, False, "The receiver answered 500."),
        (PROBLEM, False, False, "The receiver cannot be reached."),
    ],
)
def test_an_answer_says_what_it_means(
    answer: Answer, delivered: bool, gone: bool, told: str | None
) -> None:
    assert (answer.delivered, answer.gone, answer.told) == (delivered, gone, told)
