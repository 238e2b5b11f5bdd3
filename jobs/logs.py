"""Structured logging: one JSON (or console) line per fact, for our loggers and everybody else's."""

import json
import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor

from jobs.settings import JobsSettings

QUIET = ("arq", "httpx", "httpcore", "asyncio", "pdfminer", "trafilatura", "htmldate")
SHARED: Sequence[Processor] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)


def configure_logging(settings: JobsSettings) -> None:
    """Send all logging to standard output in the format the settings ask for.

    As JSON our own lines do not go through ``logging``: there is one for each request and each attempt, and
    records and handlers would make a line cost four times as much.
    """
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    if settings.log_format == "console":
        form: Callable[..., Any] = structlog.stdlib.ProcessorFormatter.wrap_for_formatter
        factory: Callable[..., Any] = structlog.stdlib.LoggerFactory()
        renderer: Processor = structlog.dev.ConsoleRenderer(colors=False)
    else:
        form, factory, renderer = in_bytes, Lines, in_json
    structlog.configure(
        processors=[*SHARED, form],
        logger_factory=factory,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    hear_others(renderer, level)


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
    """Write what libraries log by ``logging`` in the same form."""
    last = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=SHARED, processors=last)
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def in_bytes(_: object, __: str, event: EventDict) -> bytes:
    """Write a line as JSON; what is no JSON by its repr, for a log line must never fail."""
    try:
        return orjson.dumps(event, repr, orjson.OPT_NON_STR_KEYS)
    except TypeError:  # a number without end, half a character
        return json.dumps(event, default=repr, skipkeys=True).encode()


def in_json(_: object, __: str, event: EventDict) -> str:
    """Write a line as JSON text."""
    return in_bytes(_, __, event).decode()
