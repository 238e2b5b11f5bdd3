"""Where the links of a page lead when it is read here: pages to pages, files to files of the folder."""

import re
from posixpath import normpath
from typing import Final

FILES: Final = "/docs/files"
OUTSIDE: Final = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//|/|#)", re.IGNORECASE)
PAGE: Final = re.compile(r"^([\w-]+)\.md$")


def target(href: str) -> str | None:
    """Return what ``href`` of a page becomes; None for a file of the repository that is not served."""
    if OUTSIDE.match(href):
        return href
    path, mark, anchor = href.partition("#")
    path = normpath(path)
    if path.startswith(".."):
        return None
    if page := PAGE.match(path):
        found = "/docs" if page[1] == "index" else f"/docs/{page[1]}"
        return f"{found}{mark}{anchor}"
    return f"{FILES}/{path}{mark}{anchor}"
