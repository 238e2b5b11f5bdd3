"""The anchors of headings, made as code hosts make them, so that a link is right in both places."""

import re
from typing import Final

DROPPED: Final = re.compile(r"[^\w\- ]")


class Anchors:
    """Gives each heading of one page a name of its own."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def name(self, heading: str) -> str:
        """Return the anchor of the next heading; a repeated one gets a number."""
        slug = DROPPED.sub("", heading.strip().lower()).replace(" ", "-")
        seen = self._taken.get(slug, 0)
        self._taken[slug] = seen + 1
        return f"{slug}-{seen}" if seen else slug
