"""Sentry's client, loaded only where SENTRY_DSN is set, with everything off that looks around by itself.

What leaves: the error's type, where it was raised (file, function, line), tags. What does not: args,
results, bodies, headers, variables, and the text of an error, which may repeat any of them; the
job's owner and operators find it with the job.
"""

import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any

import sentry_sdk
from sentry_sdk.types import Event, Hint

STOP_SECONDS = 2.0
KEPT = frozenset(
    {"event_id", "timestamp", "level", "platform", "release", "environment", "server_name", "sdk",
     "exception", "logentry", "message", "tags", "fingerprint", "transaction", "contexts"}
)  # fmt: skip
KEPT_OF_FRAME = frozenset(
    {"filename", "abs_path", "function", "module", "lineno", "in_app", "context_line"}
)


class Sentry:
    """Tells of errors in the background. SENTRY_RELEASE and SENTRY_ENVIRONMENT come first."""

    def __init__(self, dsn: str, environment: str, service: str, version: str) -> None:
        sentry_sdk.init(
            dsn=dsn,
            release=os.environ.get("SENTRY_RELEASE") or f"jobcast@{version}",
            environment=os.environ.get("SENTRY_ENVIRONMENT") or environment,
            server_name=socket.gethostname(),
            default_integrations=False,
            auto_enabling_integrations=False,
            auto_session_tracking=False,
            include_local_variables=False,
            send_client_reports=False,
            max_breadcrumbs=0,
            before_send=scrubbed,
            shutdown_timeout=STOP_SECONDS,
        )
        self._service = service

    def tell(
        self, error: BaseException, group: Sequence[str], tags: Mapping[str, str], place: str
    ) -> None:
        """Send an error. Those of one ``group`` are one issue."""
        with sentry_sdk.new_scope() as scope:
            self._mark(scope, group, tags, place)
            scope.capture_exception(error)

    def say(self, text: str, group: Sequence[str], tags: Mapping[str, str], place: str) -> None:
        """Send a sentence of ours, for what nothing was raised for."""
        with sentry_sdk.new_scope() as scope:
            self._mark(scope, group, tags, place)
            scope.capture_message(text, level="error")

    def stop(self) -> None:
        """Send what is left, for ``STOP_SECONDS`` at most."""
        sentry_sdk.get_client().close(timeout=STOP_SECONDS)

    def _mark(
        self, scope: sentry_sdk.Scope, group: Sequence[str], tags: Mapping[str, str], place: str
    ) -> None:
        scope.fingerprint = list(group)
        scope.set_tag("service", self._service)
        for name, value in tags.items():
            scope.set_tag(name, value)
        scope.set_transaction_name(place)


def scrubbed(event: Event, _: Hint) -> Event:
    """Return an event with what may leave, and nothing else."""
    told: dict[str, Any] = dict(event)
    for name in set(told) - KEPT:
        del told[name]
    for error in told.get("exception", {}).get("values", ()):
        error["value"] = ""
        frames = (error.get("stacktrace") or {}).get("frames", ())
        for frame in frames:
            for name in set(frame) - KEPT_OF_FRAME:
                del frame[name]
    return told  # type: ignore[return-value]  # the same, with fewer keys
