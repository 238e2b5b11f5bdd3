"""Metrics as text, by Prometheus' exposition format 0.0.4."""

from collections.abc import Iterable, Iterator, Mapping

from service.metrics.families import Family

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LABEL = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})
HELP = str.maketrans({"\\": r"\\", "\n": r"\n"})


def exposition(families: Iterable[Family]) -> str:
    """Return the text; a metric without a value is left out."""
    return "".join(line for family in families if family.samples for line in lines_of(family))


def lines_of(family: Family) -> Iterator[str]:
    """Yield a metric's lines."""
    yield f"# HELP {family.name} {family.text.translate(HELP)}\n"
    yield f"# TYPE {family.name} {family.type}\n"
    for sample in family.samples:
        yield f"{family.name}{sample.suffix}{labels_of(sample.labels)} {number(sample.value)}\n"


def labels_of(labels: Mapping[str, str]) -> str:
    """Return labels in braces, nothing when there are none."""
    pairs = ",".join(f'{name}="{value.translate(LABEL)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def number(value: float) -> str:
    """Return a value without a needless fraction."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))
