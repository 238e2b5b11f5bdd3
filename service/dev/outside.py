"""The outside world, played on this machine: the sample site, served on a port of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from service.dev.ports import LOOPBACK

SAMPLES = Path(__file__).resolve().parents[2] / "docs" / "samples"


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files and keeps no access log."""

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - inherited name
        """Say nothing: the worker's own line tells what was fetched."""


@contextmanager
def sample_site() -> Iterator[str]:
    """Serve `docs/samples/site` as long as the context lasts; give its ``host:port``."""
    handler = partial(QuietHandler, directory=str(SAMPLES / "site"))
    with ThreadingHTTPServer((LOOPBACK, 0), handler) as server:
        Thread(target=server.serve_forever, name="sample site", daemon=True).start()
        try:
            yield f"{LOOPBACK}:{server.server_port}"
        finally:
            server.shutdown()
