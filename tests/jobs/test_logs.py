"""Log lines as a process writes them: each is one line of JSON, whatever is in it."""

import json
import subprocess
import sys

PROGRAM = """
import logging, structlog
from jobs.logs import configure_logging
from jobs.settings import JobsSettings
configure_logging(JobsSettings(log_level="info", log_format=%r))
log = structlog.get_logger()
log.info("ours", path="/a\\nb", number=2**80, half="\\ud800", thing=object, odd={1: 2})
log.info("plain", path="/a")
log.debug("too quiet")
try:
    1 / 0
except ZeroDivisionError as error:
    log.error("failed", exc_info=error)
logging.getLogger("library").warning("theirs %%s", 1)
logging.getLogger("arq").info("too quiet")
"""


def written(form: str) -> list[str]:
    """Return the lines that the program writes in one of the formats."""
    command = [sys.executable, "-c", PROGRAM % form]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def test_every_line_is_json_even_with_what_is_no_json() -> None:
    ours, _, failed, theirs = map(json.loads, written("json"))

    assert (ours["event"], ours["level"], ours["path"]) == ("ours", "info", "/a\nb")
    assert (ours["number"], ours["half"], ours["odd"]) == (2**80, "\ud800", {"1": 2})
    assert ours["thing"] == "<class 'object'>"
    assert failed["exception"].endswith("ZeroDivisionError: division by zero")
    assert (theirs["event"], theirs["level"]) == ("theirs 1", "warning")
    assert all(line["timestamp"].endswith("Z") for line in (ours, failed, theirs))


def test_on_a_console_lines_are_for_people() -> None:
    lines = written("console")

    assert any("[info     ] plain" in line and "path=/a" in line for line in lines)
    assert any("ZeroDivisionError" in line for line in lines)
    assert "[warning  ] theirs 1" in lines[-1]


def test_nobody_fails_because_nobody_reads_the_log() -> None:
    program = PROGRAM.replace("log.debug", "import os; os.close(1); log.info") % "json"

    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
