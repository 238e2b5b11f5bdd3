"""Times and days in a request: written out (RFC 3339), never a number that could mean seconds or days."""

import re
from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator

NUMBER = re.compile(r"\s*[+-]?[\d_]*\.?\d*\s*")
HOW = "write it out, as in 2026-03-01 or 2026-03-01T12:00:00Z"


def written(value: object) -> object:
    """Return what is not a number. Raises ValueError for what pydantic would count from 1970 on."""
    if isinstance(value, int | float) or (isinstance(value, str) and NUMBER.fullmatch(value)):
        raise ValueError(HOW)
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(written)]
Day = Annotated[date, BeforeValidator(written)]
