"""What a machine may lack for the tests of this folder."""

import os
from typing import NoReturn

import pytest


def lacking(what: str) -> NoReturn:
    """Give a test up for want of ``what``: in CI that is a failure, elsewhere a reason to skip."""
    if os.environ.get("CI") == "1":
        pytest.fail(f"{what} is missing")
    pytest.skip(f"needs {what}")
