"""No org takes another one's place by how it is called: limits and rates are each one's own (S30, S62)."""

import pytest

from jobs.limits import Limits, Quota
from jobs.quotas import Charge

PAIRS = [
    (("acme", "eu:invoices"), ("acme:eu", "invoices")),
    (("acme", "eu:"), ("acme:eu", "")),
    (("a%3Ab", "c"), ("a:b", "c")),
    (("a", "%3Ab"), ("a:", "b")),
    (("a:b", "c:d"), ("a", "b:c:d")),
]
RATE = Quota(1, 60.0)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_concurrency_key_holds_up_the_jobs_of_its_own_org_only(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    mine, theirs = (Limits().keys(org, "echo", key) for org, key in (one, other))

    assert mine != theirs


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_rate_is_used_up_by_its_own_user_only(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    mine, theirs = (Charge("user", RATE, org, user) for org, user in (one, other))

    assert mine.key != theirs.key


def test_an_orgs_and_a_users_rate_are_two() -> None:
    assert Charge("org", RATE, "a:b", None).key != Charge("org", RATE, "a", "b").key


def test_a_plain_name_is_kept_as_it_was() -> None:
    """While old and new processes run side by side they hold the same keys."""
    assert Limits().keys("acme", "echo", "eu:x") == ["key:acme:eu:x"]
    assert Charge("user", RATE, "acme", "b:c").key == "jobcast:rate:user:acme:b:c"
