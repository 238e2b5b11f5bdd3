"""Structured logging: one JSON (or console) line per fact, for our loggers and everybody else's."""

import json
import logging
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor

from jobs.log_errors import with_exception
from jobs.log_masking import masked
from jobs.settings import JobsSettings
from jobs.trail import CURRENT

QUIET = (
    *("arq", "httpx", "httpcore", "asyncio", "pdfminer", "trafilatura", "htmldate"),
    "openai",  # told more, it would log what is asked
)


def with_trail(_: object, __: str, event: EventDict) -> EventDict:
    """Add the ids that lead here from a request; what a line says itself comes first."""
    if (trail := CURRENT.get()) is not None:
        for name, value in trail.fields.items():
            event.setdefault(name, value)
    return event


SHARED: Sequence[Processor] = (
    structlog.stdlib.add_log_level,
    with_trail,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    with_exception,
)
FOREIGN: Sequence[Processor] = (structlog.stdlib.add_logger_name, *SHARED)
PLAIN = frozenset({"debug", "info"})  # these hold ids and figures only


def configure_logging(settings: JobsSettings) -> None:
    """Send all logging to standard output in the format the settings ask for.

    As JSON our own lines do not go through ``logging``: there is one for each request and each attempt,
    and records and handlers would make a line cost four times as much.
    """
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    if settings.log_format == "console":
        processors: list[Callable[..., Any]] = [
            *SHARED,
            harmless,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ]
        factory: Callable[..., Any] = structlog.stdlib.LoggerFactory()
        renderer: Processor = structlog.dev.ConsoleRenderer(colors=False)
    else:
        processors, factory, renderer = [line], Lines, in_json
    structlog.configure(
        processors=processors,
        logger_factory=factory,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    hear_others(renderer, level)
    hear_crashes()


def harmless(_: object, __: str, event: EventDict) -> EventDict:
    """Escape what would drive the terminal that reads it: a path may hold anything. A trace has lines."""
    for name, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            lines = value.split("\n") if name == "exception" else [value]
            event[name] = "\n".join(map(escaped, lines))
    return event


def escaped(text: str) -> str:
    """Return a text with what cannot be printed as its escape."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


class Lines:
    """Writes lines to standard output. When nobody reads them any more, that is no reason to fail."""

    def __init__(self, *_: object) -> None:
        self._stream = sys.stdout.buffer

    def write(self, line: bytes) -> None:
        """Write one line at once."""
        with suppress(OSError, ValueError):
            self._stream.write(line + b"\n")
            self._stream.flush()

    debug = info = warning = error = critical = exception = write


def hear_others(renderer: Processor, level: int) -> None:
    """Write what libraries log by ``logging``, and Python's warnings, in the same form."""
    logging.captureWarnings(True)
    last = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=FOREIGN, processors=last)
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def hear_crashes() -> None:
    """Write what ends the process, or a thread of it, in the same form."""
    log = structlog.get_logger(__name__)

    def crashed(kind: type[BaseException], error: BaseException | None, at: Any) -> None:
        told = (kind, error, at)
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error or kind(), at)
        else:
            log.critical("crashed", exc_info=told)

    sys.excepthook = crashed
    threading.excepthook = lambda told: crashed(told.exc_type, told.exc_value, told.exc_traceback)


def line(_: object, level: str, event: EventDict) -> bytes:
    """Complete an event of ours, as SHARED does in five steps, and write it as JSON."""
    if event.get("exc_info"):
        event = with_exception(None, level, event)
    event["level"] = "error" if level == "exception" else level
    event["timestamp"] = datetime.now(UTC)
    if (trail := CURRENT.get()) is not None:
        event = {**trail.fields, **event}
    return in_bytes(event) if level in PLAIN else masked(in_bytes(event))


def in_bytes(event: EventDict) -> bytes:
    """Return a line of JSON; what is no JSON by its repr, for a log line must never fail."""
    try:
        return orjson.dumps(event, repr, orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z)
    except TypeError:  # a number without end, half a character
        return json.dumps(event, default=plain, skipkeys=True).encode()


def plain(value: object) -> str:
    """Return what JSON has no form for."""
    return f"{value:%Y-%m-%dT%H:%M:%S.%fZ}" if isinstance(value, datetime) else repr(value)


def in_json(_: object, __: str, event: EventDict) -> str:
    """Write others' lines as JSON text."""
    return masked(in_bytes(event)).decode()
