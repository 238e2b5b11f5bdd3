"""The audit of dependencies never passes without having asked."""

from typing import Any

import pytest

from tests.security.audit import UNKNOWN, WEAK, judge

FINE = {"name": "arq", "version": "0.28.0", "vulns": []}
SKIPPED = {"name": "redis", "skip_reason": "Dependency not found on PyPI and could not be audited"}
FLAWED = {"name": "idna", "version": "1.0", "vulns": [{"id": "PYSEC-1"}]}


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([FINE], 0),
        ([FINE, SKIPPED], UNKNOWN),
        ([FINE, FLAWED], WEAK),
        ([FLAWED, SKIPPED], WEAK),
        ([], UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_what_could_not_be_looked_up_is_no_pass(found: Any, code: int) -> None:
    assert judge("requirements.txt", found) == code
