"""Of what goes wrong in two extractions at once, the one thing that counts."""

from datetime import timedelta

import pytest

from jobs.dumping.reading import refuse
from jobs.errors import Discard, NotConfigured, ProviderError

SOON = ProviderError("busy", after=timedelta(seconds=3))
LATE = ProviderError("busier", after=timedelta(minutes=3))
AGAIN = ProviderError("broken")
NEVER = Discard("declined", code="declined")
BUG = KeyError("a bug")


@pytest.mark.parametrize(
    ("ended", "counts"),
    [
        ([None, AGAIN], AGAIN),
        ([SOON, LATE], LATE),
        ([AGAIN, SOON], SOON),
        ([NEVER, LATE], NEVER),
        ([SOON, NotConfigured("X")], None),
        ([BUG, NEVER], BUG),
        ([LATE, BUG], BUG),
    ],
    ids=["one", "who waits longer", "who says", "final", "not configured", "a bug", "a bug late"],
)
def test_what_is_final_counts_before_what_may_pass(
    ended: list[BaseException | None], counts: BaseException | None
) -> None:
    with pytest.raises(type(counts or NotConfigured("X"))) as raised:
        refuse(ended)

    assert raised.value is (counts or ended[1])


def test_nothing_went_wrong() -> None:
    refuse([None, None])
