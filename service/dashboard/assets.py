"""The page's files as they are sent: packed, and under the name of what they all contain.

A page names its files as ``/dashboard/<version>/main.js``. A browser that has them asks no more until a
deploy changes one of them, and with it the version; without a version in the address it asks each time.
"""

import gzip
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

SUFFIXES: Final = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".ts": "text/plain",
}
VERSIONED: Final = re.compile(r"([0-9a-f]{16})/(.+)", re.DOTALL)
# Answered from the browser's cache after one cheap question: a deploy is seen at the next load.
REVALIDATE: Final = {"Cache-Control": "no-cache"}
FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
LARGEST_KEPT: Final = 512


@dataclass(frozen=True, slots=True)
class Packed:
    """What is sent, plain and packed; ``etag`` names this very content, on every machine."""

    plain: bytes
    gzipped: bytes
    etag: str

    @classmethod
    def of(cls, plain: bytes) -> "Packed":
        """Pack some bytes."""
        etag = f'"{hashlib.sha256(plain).hexdigest()[:32]}"'
        return cls(plain, gzip.compress(plain, mtime=0), etag)

    def response(self, scope: Scope, media_type: str, headers: Mapping[str, str]) -> Response:
        """Answer a request for it; 304 when the browser has it."""
        asked = Headers(scope=scope)
        headers = {**headers, "ETag": self.etag, "Vary": "Accept-Encoding, Origin"}
        if self.etag in asked.get("if-none-match", "").replace("W/", "").split(", "):
            return Response(status_code=304, headers=headers)
        if "gzip" not in asked.get("accept-encoding", ""):
            return Response(self.plain, headers=headers, media_type=media_type)
        headers["Content-Encoding"] = "gzip"
        return Response(self.gzipped, headers=headers, media_type=media_type)


class Assets(StaticFiles):
    """Files of a folder with the page's headers; only what a browser runs or draws."""

    def __init__(self, folder: Path, headers: Mapping[str, str]) -> None:
        super().__init__(directory=folder)
        self.folder = folder
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve files of the known kinds; anything else does not exist."""
        if Path(scope["path"]).suffix not in SUFFIXES:
            await Response(status_code=404)(scope, receive, send)
            return
        await super().__call__(scope, receive, send)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with a file; 304 when the browser has it."""
        if scope["method"] not in {"GET", "HEAD"}:
            raise HTTPException(405)
        found = VERSIONED.fullmatch(Path(path).as_posix())
        kept = (
            FOREVER
            if found and found[1] == await run_in_threadpool(version, self.folder)
            else REVALIDATE
        )
        name = found[2] if found else path
        packed = await run_in_threadpool(self._packed, name)
        return packed.response(scope, SUFFIXES[Path(name).suffix], {**self.headers, **kept})

    def _packed(self, name: str) -> Packed:
        try:
            full, stat = self.lookup_path(name)
        except (OSError, ValueError) as error:
            raise HTTPException(404) from error
        if stat is None or not os.path.isfile(full):  # noqa: PTH113 - Starlette's own paths are texts
            raise HTTPException(404)
        return packed(full, stat.st_mtime_ns, stat.st_size)


@lru_cache(LARGEST_KEPT)
def packed(path: str, _changed: int, _size: int) -> Packed:
    """Return a file, packed once as long as it stays as it is."""
    return Packed.of(Path(path).read_bytes())


def version(folder: Path) -> str:
    """Return what names the content of all files of a folder together."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES)
    told = [(path, path.stat()) for path in files]
    return named(folder, tuple((path, stat.st_mtime_ns, stat.st_size) for path, stat in told))


@lru_cache(4)
def named(folder: Path, files: tuple[tuple[Path, int, int], ...]) -> str:
    """Return the version of these very files, read once as long as they stay as they are."""
    digest = hashlib.sha256()
    for path, _, _ in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]
