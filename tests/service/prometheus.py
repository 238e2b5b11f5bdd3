"""A reader of Prometheus' text format as strict as ``promtool check metrics``, and a little more."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (-?(?:[\d.]+(?:e[+-]?\d+)?|Inf)|NaN)")
PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')
PARTS = {"histogram": ("_bucket", "_sum", "_count")}
UNITS = ("_seconds", "_bytes", "_ratio", "_total", "_info")

Labels = frozenset[tuple[str, str]]
Values = Mapping[tuple[str, Labels], float]


@dataclass
class Metric:
    name: str
    text: str
    type: str = ""
    values: dict[tuple[str, Labels], float] = field(default_factory=dict)


def read(text: str) -> dict[str, Metric]:
    """Return the metrics by name. Fails for whatever Prometheus, or a careful reader, would refuse."""
    assert text.endswith("\n")
    found: dict[str, Metric] = {}
    current = Metric("", "")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, _, told = line.removeprefix("# HELP ").partition(" ")
            assert name not in found, f"{name} comes twice"
            assert told, f"{name} says nothing"
            current = found[name] = Metric(name, told)
        elif line.startswith("# TYPE "):
            name, kind = line.removeprefix("# TYPE ").split(" ")
            assert (name, current.type) == (current.name, ""), line
            current.type = kind
        else:
            add(current, line)
    for metric in found.values():
        check(metric)
    return found


def add(metric: Metric, line: str) -> None:
    match = SAMPLE.fullmatch(line)
    assert match, line
    name, labels = match[1], PAIR.findall(match[2] or "")
    assert "".join(f'{k}="{v}",' for k, v in labels).rstrip(",") == (match[2] or ""), line
    assert len(dict(labels)) == len(labels), line
    parts = PARTS.get(metric.type, ("",))
    assert name in {metric.name + part for part in parts}, f"{line} stands under {metric.name}"
    key = name, frozenset(labels)
    assert key not in metric.values, f"{line} comes twice"
    metric.values[key] = float(match[3])


def check(metric: Metric) -> None:
    assert metric.type in {"counter", "gauge", "histogram"}, metric.name
    assert metric.values, f"{metric.name} has no value"
    assert metric.text.endswith("."), metric.text
    if metric.type == "counter":
        assert metric.name.endswith("_total")
        assert min(metric.values.values()) >= 0
    elif metric.type == "gauge":
        assert not metric.name.endswith("_total")
    else:
        assert metric.name.endswith("_seconds")
        check_histogram(metric)


def check_histogram(metric: Metric) -> None:
    series: dict[Labels, list[tuple[float, float]]] = {}
    for (name, labels), value in metric.values.items():
        if name.endswith("_bucket"):
            bound = float(dict(labels)["le"])
            rest = frozenset(pair for pair in labels if pair[0] != "le")
            series.setdefault(rest, []).append((bound, value))
    for labels, buckets in series.items():
        bounds, counts = zip(*buckets, strict=True)
        assert list(bounds) == sorted(set(bounds))
        assert list(counts) == sorted(counts)
        assert bounds[-1] == float("inf")
        assert metric.values[f"{metric.name}_count", labels] == counts[-1]
        assert metric.values[f"{metric.name}_sum", labels] >= 0
    assert len(metric.values) == sum(len(buckets) + 2 for buckets in series.values())


def values_of(metrics: Mapping[str, Metric]) -> Values:
    return {key: value for metric in metrics.values() for key, value in metric.values.items()}
