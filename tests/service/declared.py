"""Every metric there can be, read from the code: what is only told in a certain state is among it."""

import ast
from functools import cache
from pathlib import Path

from realtime.instruments import INSTRUMENTS, Histogram
from service import metrics
from service.metrics.measured import MEASURED, type_of
from service.metrics.work import OF_A_WORKER

FOLDER = Path(metrics.__file__).parent
MAKERS = ("gauge", "counter")


@cache
def declared() -> dict[str, str]:
    """Return the type of each metric by its name."""
    assert MEASURED
    found: dict[str, str] = {
        name: type_of(instrument) for name, instrument in INSTRUMENTS.items() if is_ours(name)
    }
    found |= {f"jobcast_worker_{name}": "gauge" for _, name, _ in OF_A_WORKER}
    for path in (*FOLDER.glob("*.py"), FOLDER.parent / "routes" / "metrics.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in MAKERS
            ):
                name = node.args[0]
                if isinstance(name, ast.Constant):
                    found[str(name.value)] = node.func.id
    return found


def is_ours(name: str) -> bool:
    """Return whether it is one of the product's, not a test's."""
    return name.startswith(("jobcast_", "process_"))


@cache
def series() -> dict[str, str]:
    """Return every name that an expression may use, with the metric it belongs to."""
    found = {name: name for name in declared()}
    for name, kind in declared().items():
        if kind == "histogram":
            found |= {f"{name}{part}": name for part in ("_bucket", "_sum", "_count")}
    return found


def labels_of(name: str) -> set[str]:
    """Return the labels of an instrument, those of its kind included; of others nothing is known."""
    instrument = INSTRUMENTS[name]
    more = {"le"} if isinstance(instrument, Histogram) else set()
    return {*instrument.labels, "process"} | more
