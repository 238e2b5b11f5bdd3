"""What the code itself must not do, whatever comes in (S11, S39, S74, S75).

Ruff's ``S`` rules are bandit's; here is held that no exception from them goes without its reason.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PICKLED = {
    "jobs/processes.py": "what our own child answers, over a private pipe",
    "jobs/process_child.py": "what our own parent asks, over a private pipe",
    "jobs/testing/context.py": "to and fro in one process, as the pipe would",
}
NEVER = frozenset(
    {
        "marshal",
        "shelve",
        "dill",
        "jsonpickle",
        "cloudpickle",
        "yaml",
        "xml.dom",
        "xml.sax",
        "telnetlib",
    }
)
EVIL = frozenset({"eval", "exec", "compile", "__import__", "system", "popen"})
SPELT_OUT = {
    "jobs/resealing.py": "table and column of a constant list",
    "jobs/store/reading.py": "conditions put together from constants; every value is a parameter",
    "jobs/store/audit.py": "the same",
    "jobs/store/batch_pages.py": "the same",
    "jobs/store/failures.py": "the same",
    "jobs/store/sql.py": "pieces for statements that are made when modules are loaded",
    "jobs/store/changes.py": "the same",
    "jobs/store/positions.py": "a constant expression",
}
NO_SECRETS = {
    "jobs/agenda/merge.py": "digests of what an event says",
    "jobs/mail/links.py": "a token's spelling and its own other spelling",
}
VERBS = re.compile(r"\b(SELECT|INSERT INTO|DELETE FROM|WHERE|SET)\b")
SECRET = re.compile(r"(^|_)(token|secret|signature|hmac|digest|password|code)s?$", re.IGNORECASE)


NOT_SERVED = ("service/dev/", "jobs/migrations/")


@cache
def trees() -> list[tuple[str, ast.Module]]:
    files = sorted(
        file for name in ("service", "jobs", "realtime") for file in (ROOT / name).rglob("*.py")
    )
    return [
        (place, ast.parse((ROOT / place).read_text()))
        for place in (file.relative_to(ROOT).as_posix() for file in files)
        if not place.startswith(NOT_SERVED)
    ]


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_nothing_is_read_that_could_run() -> None:
    for place, tree in trees():
        names = set(imported(tree))

        assert not any(n == bad or n.startswith(f"{bad}.") for n in names for bad in NEVER), place
        assert "pickle" not in names or place in PICKLED, place


def test_no_text_becomes_code() -> None:
    for place, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", "")
                assert name not in EVIL, f"{place}:{node.lineno}"
            if isinstance(node, ast.keyword) and node.arg == "shell":
                assert getattr(node.value, "value", None) is not True, f"{place}: a shell"


def test_statements_are_made_of_constants_when_modules_are_loaded() -> None:
    for place, tree in trees():
        if place in SPELT_OUT:
            continue
        for node in in_functions(tree):
            text = "".join(str(v.value) for v in node.values if isinstance(v, ast.Constant))
            assert not VERBS.search(text), f"{place}:{node.lineno}"


def in_functions(node: ast.AST, *, inside: bool = False) -> Iterator[ast.JoinedStr]:
    """Yield the texts with something put in that are made whenever a function runs."""
    inside = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    if inside and isinstance(node, ast.JoinedStr):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from in_functions(child, inside=inside)


def test_secrets_are_compared_in_constant_time() -> None:
    found = []
    for place, tree in trees():
        if place in NO_SECRETS:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                sides = [node.left, *node.comparators]
                if any(isinstance(side, ast.Constant) for side in sides):
                    continue
                names = [getattr(side, "id", getattr(side, "attr", "")) for side in sides]
                if any(SECRET.search(name) for name in names) and not all_codes(names):
                    found.append(f"{place}:{node.lineno}")

    assert found == []


def all_codes(names: list[str]) -> bool:
    """Return whether only error codes are compared, which are no secrets."""
    return all(not SECRET.search(name) or name in {"code", "status_code"} for name in names)


EXCEPTION = re.compile(r"#\s*(?:noqa:[^#\n]*\bS\d{3}|nosec)")
REASON = re.compile(r"#\s*(?:noqa|nosec)[^#]* -+ \w")
SAID_ONCE = 3  # in a file, the reason may stand at the first of several alike


@pytest.mark.parametrize("package", ["service", "jobs", "realtime"])
def test_no_exception_from_a_security_rule_goes_without_its_reason(package: str) -> None:
    for file in (ROOT / package).rglob("*.py"):
        lines = [line for line in file.read_text().splitlines() if EXCEPTION.search(line)]
        bare = [line.strip() for line in lines if not REASON.search(line)]

        assert len(bare) < len(lines) or not bare, f"{file}: {bare}"
        assert len(bare) <= SAID_ONCE, f"{file}: {bare}"
