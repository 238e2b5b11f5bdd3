"""docs/operate.md, its dashboard and its alerts: what they name is told, and what is told is named."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from realtime.instruments import INSTRUMENTS
from service.settings import ServiceSettings
from tests.service.declared import declared, labels_of, series

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "operate.md").read_text(encoding="utf-8")
RUNBOOK = (DOCS / "runbook.md").read_text(encoding="utf-8")
DASHBOARD = json.loads((DOCS / "operate" / "grafana.json").read_text(encoding="utf-8"))
ALERTS = yaml.safe_load((DOCS / "operate" / "alerts.yaml").read_text(encoding="utf-8"))
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
ROWS = re.findall(
    r"^\| `((?:jobcast|process)_\w+)` \| (\w+) \| (.*?) \| (.*) \|$", GUIDE, re.MULTILINE
)
NAME = re.compile(r"\b(?:jobcast|process)_[a-z_]+\b")
SELECTED = re.compile(r"\b((?:jobcast|process)_[a-z_]+)(?:\{([^}]*)\})?")
GROUPED = re.compile(r"(?:by|without) \(([^)]*)\)")
NOT_INSTRUMENTS = {"worker", "queue", "state", "version", "instance"}
FUNCTIONS = {
    "absent", "and", "by", "count", "deriv", "histogram_quantile", "increase", "max", "min", "or",
    "rate", "sum",
}  # fmt: skip


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


QUERIES = "\n".join(re.findall(r"```promql\n(.*?)```", GUIDE, re.DOTALL))
EXPRESSIONS = [
    *(target["expr"] for panel in panels() for target in panel["targets"]),
    *(rule["expr"] for rule in RULES),
    *QUERIES.split("\n\n")[0].splitlines(),
]


def test_every_metric_is_in_the_guide_with_its_type_and_no_other() -> None:
    assert {name: kind for name, kind, _, _ in ROWS} == declared()
    assert len(ROWS) == len(declared())
    assert all(told.strip() for _, _, _, told in ROWS)


@pytest.mark.parametrize("row", [row for row in ROWS if row[0] in INSTRUMENTS], ids=lambda r: r[0])
def test_the_guide_names_the_labels(row: tuple[str, ...]) -> None:
    assert set(re.findall(r"`(\w+)`", row[2])) == labels_of(row[0]) - {"le"}


@pytest.mark.parametrize("expression", sorted(set(EXPRESSIONS)))
def test_every_expression_is_about_what_is_told(expression: str) -> None:
    known = series()

    assert NAME.findall(expression)
    assert set(NAME.findall(expression)) <= known.keys()
    assert all(expression.count(a) == expression.count(b) for a, b in ("()", "[]", "{}"))
    words = re.findall(r"\b([a-z_]+)\s*\(", GROUPED.sub("", expression))
    assert set(words) <= FUNCTIONS
    may = {label for name in NAME.findall(expression) for label in labels_at(known[name])}
    for group in GROUPED.findall(expression):
        assert {label.strip() for label in group.split(",")} <= may
    for name, selector in SELECTED.findall(expression):
        assert set(re.findall(r"(\w+)(?:=~|!=|=)", selector)) <= labels_at(known[name])


def labels_at(metric: str) -> set[str]:
    return labels_of(metric) if metric in INSTRUMENTS else NOT_INSTRUMENTS


def test_the_dashboard_shows_every_metric() -> None:
    shown = {series()[name] for panel in panels() for target in panel["targets"]
             for name in NAME.findall(target["expr"])}  # fmt: skip

    assert shown == declared().keys()


def test_the_dashboard_s_panels_have_room_and_names_of_their_own() -> None:
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in DASHBOARD["panels"]]

    assert len(set(places)) == len(places)
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert all(p["gridPos"]["x"] + p["gridPos"]["w"] <= 24 for p in DASHBOARD["panels"])
    assert all(panel["title"] and panel["targets"] for panel in panels())


def test_every_alert_is_explained_and_has_its_section_in_the_runbook() -> None:
    explained = re.findall(
        r"^\| `(Jobcast\w+)` \((page|ticket)\) \| .{20,} \| \[", GUIDE, re.MULTILINE
    )
    sections = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
                for title in re.findall(r"^## (.*)$", RUNBOOK, re.MULTILINE)}  # fmt: skip

    assert dict(explained) == {rule["alert"]: rule["labels"]["severity"] for rule in RULES}
    assert {rule["annotations"]["runbook"].partition("#")[2] for rule in RULES} <= sections
    assert all(rule["alert"] in RUNBOOK for rule in RULES)
    assert all(rule["annotations"]["summary"].endswith(".") for rule in RULES)


def test_rules_have_what_prometheus_asks_of_them() -> None:
    for rule in RULES:
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`", GUIDE + RUNBOOK)))
)
def test_every_variable_is_a_setting_or_a_standard_s(name: str) -> None:
    standard = ("OTEL_", "SENTRY_RELEASE", "SENTRY_ENVIRONMENT", "CERTIFICATE_VERIFY_FAILED")

    assert name.lower() in ServiceSettings.model_fields or name.startswith(standard)
