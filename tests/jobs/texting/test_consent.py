from datetime import UTC, datetime

import pytest

from jobs.errors import Discard
from jobs.kept.preferences import WishesRow
from jobs.texting.consent import check_recipient

OWN, OTHER = "+4930123456", "+15005550006"
VERIFIED = datetime(2026, 11, 1, tzinfo=UTC)


def wishes(*, opted_in: bool = True, verified: bool = True) -> WishesRow:
    return WishesRow(
        phone=OWN, sms_opt_in=opted_in, phone_verified_at=VERIFIED if verified else None
    )


@pytest.mark.parametrize(
    ("to", "said", "allowed"),
    [
        (OWN, wishes(), []),
        (OWN, wishes(verified=False), ["+49*"]),
        (OTHER, wishes(), [OTHER]),
        (OTHER, WishesRow(), ["*"]),
    ],
    ids=["own", "own_allowed", "other_allowed", "anybody"],
)
def test_a_text_may_go_to(to: str, said: WishesRow, allowed: list[str]) -> None:
    check_recipient(to, said, allowed)  # raises nothing


@pytest.mark.parametrize(
    ("to", "said", "allowed", "code"),
    [
        (OWN, wishes(opted_in=False), ["*"], "no_consent"),
        (OWN, wishes(verified=False), [], "not_verified"),
        (OWN, wishes(verified=False), [OTHER], "not_verified"),
        (OTHER, wishes(), [OWN], "not_verified"),
        (OTHER, WishesRow(), [], "not_verified"),
    ],
    ids=["no_consent", "not_verified", "another_allowed", "other", "nothing_said"],
)
def test_a_text_may_not_go_to(to: str, said: WishesRow, allowed: list[str], code: str) -> None:
    with pytest.raises(Discard) as refusal:
        check_recipient(to, said, allowed)

    assert refusal.value.code == code
