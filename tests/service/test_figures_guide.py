"""docs/figures.md: its windows and bounds are the code's, and what it names is in the answers."""

import re
from pathlib import Path

from jobs.sampling import TICK_SECONDS
from jobs.series import SPANS, FinishedPoint, SeriesResource, StandingPoint
from jobs.store import series
from jobs.workers import WorkerResource
from service.routes import TABLE

GUIDE = (Path(__file__).parents[2] / "docs" / "figures.md").read_text(encoding="utf-8")
PLAIN = " ".join(GUIDE.split())


def test_its_windows_are_the_ones_there_are() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) of (\d+) s \| (\d+) s \|$", GUIDE, re.MULTILINE)

    assert {name: tuple(map(int, rest)) for name, *rest in rows} == {
        name: (span.points, span.step.total_seconds(), span.kept_seconds)
        for name, span in SPANS.items()
    }


def test_its_bounds_are_the_codes() -> None:
    own = [f"{span.most_own:,} for `{name}`" for name, span in SPANS.items()]

    assert ", ".join(own) in PLAIN
    assert (
        f"at most {series.MOST_COUNTED:,} jobs are counted and {series.MOST_SAMPLED} read" in PLAIN
    )
    assert series.PROBES == 5
    assert f"every {TICK_SECONDS} seconds" in PLAIN


def test_every_field_of_an_answer_is_explained() -> None:
    models = (SeriesResource, FinishedPoint, StandingPoint)
    fields = {name for model in models for name in model.model_fields}
    plain = {"window", "step_seconds", "time"}  # said by the table of windows

    assert {name for name in fields - plain if f"`{name}`" not in GUIDE} == set()


def test_every_state_of_a_worker_is_explained() -> None:
    states = WorkerResource.model_json_schema()["properties"]["state"]["enum"]

    assert [state for state in states if f"`{state}`" not in GUIDE] == []


def test_the_calls_it_names_are_in_the_route_table_with_these_scopes() -> None:
    scopes = {f"{method} {path}": found.scope for method, path, found in TABLE}
    rows = re.findall(r"^\| `(GET|POST) ([^?`]+)[^|]*\| `([\w:]+)`", GUIDE, re.MULTILINE)

    assert len(rows) == 5
    assert [row for row in rows if scopes[f"{row[0]} {row[1]}"] != row[2]] == []
