"""What a kind of job is: the ``@processor`` decorator and the registry of kinds."""

import importlib
import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, Literal, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from jobs.context import Context
from jobs.errors import InvalidArgs, UnknownKind
from jobs.retry import Backoff, exponential
from jobs.tick import Tick

Process = Callable[[Context, Any], Awaitable[Any]]
Notify = bool | Literal["failures"]


@dataclass(frozen=True)
class Kind:
    """One kind of job: its name, its types, its limits and the function that does the work."""

    name: str
    process: Process
    args: type[BaseModel]
    result: Any
    timeout: timedelta
    max_attempts: int
    backoff: Backoff
    concurrency: int | None
    rate: str | None
    queue: str = "default"
    notify: Notify = False
    failed_as: str | None = None
    tick: Tick | None = None
    uses_up: str | None = None

    @cached_property
    def description(self) -> str:
        """Return the processor's docstring."""
        return inspect.getdoc(self.process) or ""

    @cached_property
    def result_adapter(self) -> TypeAdapter[Any]:
        """Return what turns a processor's return value into JSON."""
        return TypeAdapter(self.result)

    def parse(self, args: object) -> BaseModel:
        """Check ``args`` against the schema. Raises InvalidArgs with a JSON pointer per fault."""
        try:
            return self.args.model_validate(args)
        except ValidationError as error:
            raise InvalidArgs(pointers(error, "/args")) from error


def pointers(error: ValidationError, root: str = "") -> list[dict[str, str]]:
    """Return pydantic's complaints as JSON pointers (RFC 6901) with a sentence each."""
    return [
        {"pointer": root + "".join(f"/{escape(part)}" for part in e["loc"]), "detail": e["msg"]}
        for e in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def escape(part: int | str) -> str:
    """Return one step of a JSON pointer, escaped."""
    return str(part).replace("~", "~0").replace("/", "~1")


def processor(  # noqa: PLR0913 - what may be said of a kind, each by its name
    name: str,
    *,
    timeout: timedelta = timedelta(minutes=5),
    max_attempts: int = 3,
    backoff: Backoff | None = None,
    concurrency: int | None = None,
    rate: str | None = None,
    queue: str = "default",
    notify: Notify = False,
    failed_as: str | None = None,
    tick: Tick | None = None,
    uses_up: str | None = None,
) -> Callable[[Process], Kind]:
    """Make a kind of job out of ``async def process(context: Context, args: Args) -> Result``.

    ``timeout`` is for one attempt; a timed-out attempt is retried by ``backoff`` like any failure,
    at most ``max_attempts`` times in all. At most ``concurrency`` jobs of the kind run at once on all
    workers together, and they start at the ``rate`` (``"30/m"``, ``"30/m burst 10"``). ``queue`` is what
    operators pause. With ``notify`` the owner finds each ending in the inbox, unless whoever submits the
    job says otherwise: a success that the processor told by ``context.notify`` is told once, and with
    ``"failures"`` it is left to the processor. An attempt that fails for good is then told under the name
    ``failed_as``, if there is one, instead of as ``job.failed``. ``tick`` submits the kind's jobs by
    itself. ``uses_up`` names the argument with an upload's id that is removed when the job is over, however
    it ended. Raises TypeError when the function has no such shape.
    """

    def kind_of(process: Process) -> Kind:
        hints = get_type_hints(process)
        names = list(inspect.signature(process).parameters)
        if len(names) != len(("context", "args")) or not inspect.iscoroutinefunction(process):
            raise TypeError(f"{name}: a processor is async and takes (context, args)")
        args = hints.get(names[1])
        if not (inspect.isclass(args) and issubclass(args, BaseModel)):
            raise TypeError(f"{name}: the second parameter must be annotated with a pydantic model")
        return Kind(
            name=name,
            process=process,
            args=strict(args),
            result=hints.get("return", Any),
            timeout=timeout,
            max_attempts=max_attempts,
            backoff=backoff or exponential(),
            concurrency=concurrency,
            rate=rate,
            queue=queue,
            notify=notify,
            failed_as=failed_as,
            tick=tick,
            uses_up=known_argument(name, args, uses_up),
        )

    return kind_of


def known_argument(kind: str, args: type[BaseModel], name: str | None) -> str | None:
    """Return the name of an argument. Raises TypeError when there is no such one."""
    if name is not None and name not in args.model_fields:
        raise TypeError(f"{kind}: there is no argument {name!r}")
    return name


def strict(args: type[BaseModel]) -> type[BaseModel]:
    """Return the model with unknown fields refused, unless its author decided about them."""
    if args.model_config.get("extra") is None:
        args.model_config = cast("ConfigDict", {**args.model_config, "extra": "forbid"})
        args.model_rebuild(force=True)
    return args


class Registry(Mapping[str, Kind]):
    """The kinds a process knows, by name. Looking up an unknown one raises UnknownKind."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._kinds: dict[str, Kind] = {}
        for kind in kinds:
            if self._kinds.setdefault(kind.name, kind) is not kind:
                raise ValueError(f"two processors are named {kind.name!r}")

    @classmethod
    def load(cls, kinds: Iterable[Kind], modules: Iterable[str]) -> "Registry":
        """Return the given kinds and those defined in ``modules`` (the PROCESSORS setting)."""
        found = [
            value
            for module in modules
            for value in vars(importlib.import_module(module)).values()
            if isinstance(value, Kind)
        ]
        return cls([*kinds, *found])

    def __getitem__(self, name: str) -> Kind:
        try:
            return self._kinds[name]
        except KeyError:
            raise UnknownKind(name) from None

    def __contains__(self, name: object) -> bool:
        return name in self._kinds

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)
