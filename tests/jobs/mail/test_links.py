"""The link that unsubscribes: only ours are good, and it names nobody."""

import base64
from uuid import UUID

import pytest

from jobs.ids import uuid7
from jobs.mail.links import Links
from jobs.settings import JobsSettings

OLD, NEW = "an old key that is long enough for us", "a new key that is long enough for us"
MAIL = UUID("019ad0b8-0000-7000-8000-000000000000")
ALONE = base64.urlsafe_b64encode(MAIL.bytes).decode()


def links(secret: str = OLD, base: str = "https://jobs.example.com") -> Links:
    return Links(JobsSettings(secret_key=secret, public_url=base))


def test_a_link_tells_its_mail_and_is_always_the_same() -> None:
    link = links().of(MAIL) or ""

    assert link == links().of(MAIL)
    assert link.startswith("https://jobs.example.com/unsubscribe/")
    assert links().read(link.rpartition("/")[2]) == MAIL
    assert len(link.rpartition("/")[2]) == 43


def test_there_is_none_without_a_place_or_a_key() -> None:
    assert links(base="").of(MAIL) is None
    assert links(secret="").of(MAIL) is None
    assert links(secret="").read(links().token(MAIL)) is None


def test_an_older_key_still_opens_what_it_signed() -> None:
    assert links(f"{NEW},{OLD}").read(links(OLD).token(MAIL)) == MAIL
    assert links(NEW).read(links(OLD).token(MAIL)) is None


def test_no_changed_link_is_good() -> None:
    token, other = links().token(MAIL), links().token(uuid7())
    changed = [token[:i] + ("A" if token[i] != "A" else "B") + token[i + 1 :] for i in range(43)]

    assert [links().read(one) for one in changed] == [None] * 43
    assert links().read(other[:20] + token[20:]) is None


@pytest.mark.parametrize(
    "token",
    [*("=", "é", "A", "a/b+c", "\x00"), "", "nonsense", "A" * 43, "A" * 5_000, ALONE],
    ids=range(10),
)
def test_what_is_no_link_is_none(token: str) -> None:
    assert links().read(token) is None
