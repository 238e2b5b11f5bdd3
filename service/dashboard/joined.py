"""The browser client as it is sent: its modules as one.

Thirty small files would be thirty requests, one behind the other. The one file is made from the sources
when it is first asked for; each module's own file is there as well, as it is written.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final

from service.dashboard.assets import Packed
from service.dashboard.script import shortened, stripped

TAKEN: Final = re.compile(r"^(import|export) \{([^}]*)\} from \"\./(\w+)\.js\";\n", re.MULTILINE)
DECLARED: Final = re.compile(
    r"^(export )?(?:async )?(?:class|function|const|let) (\w+)", re.MULTILINE
)
EXPORT: Final = re.compile(r"^export (?=class|function|const|let|async)", re.MULTILINE)


class NotJoinable(Exception):
    """Two modules use one name, or one is written in a way that cannot be joined."""


@cache
def joined(entry: Path) -> Packed:
    """Return the module ``entry`` and every module it needs as one. Raises NotJoinable."""
    modules: dict[str, str] = {}
    _collect(entry, modules)
    exported = _exported(modules[entry.stem])
    script = "".join([*map(_body, modules.values()), f"export{{{','.join(exported)}}};\n"])
    ours = {name for name in _declared(modules) if name[0].isupper() and name not in exported}
    return Packed.of(shortened(script, ours).encode())


def _collect(path: Path, modules: dict[str, str]) -> None:
    """Put ``path`` behind all that it needs, each module once."""
    if path.stem in modules:
        return
    source = path.read_text(encoding="utf-8")
    modules[path.stem] = source
    for _, names, needed in TAKEN.findall(source):
        if " as " in names:
            raise NotJoinable(f"{path.name} takes something under another name")
        _collect(path.with_name(f"{needed}.js"), modules)
    modules[path.stem] = modules.pop(path.stem)


def _exported(source: str) -> list[str]:
    """Return what a module offers: what it passes on, and what it declares itself."""
    passed_on = [names for how, names, _ in TAKEN.findall(source) if how == "export"]
    own = [name for export, name in DECLARED.findall(source) if export]
    return [*re.findall(r"\w+", " ".join(passed_on)), *own]


def _declared(modules: dict[str, str]) -> dict[str, str]:
    """Return which module declares each name at its top."""
    seen: dict[str, str] = {}
    for module, source in modules.items():
        for _, name in DECLARED.findall(source):
            if name in seen:
                raise NotJoinable(f"{name} is declared in {seen[name]}.js and in {module}.js")
            seen[name] = module
    return seen


def _body(source: str) -> str:
    body = stripped(EXPORT.sub("", TAKEN.sub("", source)))
    if re.search(r"\b(import|export)\b", body):
        raise NotJoinable(body[:80])
    return body
