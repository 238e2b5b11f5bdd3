from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from jobs import Context, processor
from jobs.errors import InvalidArgs, UnknownKind
from jobs.processor import Registry
from jobs.processors import PROCESSORS


class Args(BaseModel):
    url: str
    deep: dict[str, list[int]] = {}


@processor("sample")
async def sample(context: Context, args: Args) -> int:
    """Says one."""
    return 1


def test_a_kind_carries_its_name_types_and_docstring() -> None:
    assert (sample.name, sample.args, sample.result) == ("sample", Args, int)
    assert sample.description == "Says one."


def test_wrong_args_are_named_by_json_pointers() -> None:
    with pytest.raises(InvalidArgs) as caught:
        sample.parse({"deep": {"a/b~c": ["x"]}, "extra": 1})

    assert {e["pointer"] for e in caught.value.errors} == {
        "/args/url",
        "/args/deep/a~1b~0c/0",
        "/args/extra",
    }


def test_an_author_may_allow_unknown_args() -> None:
    class Loose(BaseModel):
        model_config = ConfigDict(extra="allow")

    @processor("loose")
    async def loose(context: Context, args: Loose) -> None:
        """Takes anything."""

    assert loose.parse({"any": 1}).model_dump() == {"any": 1}


def test_a_processor_of_another_shape_is_refused() -> None:
    async def no_model(context: Context, args: int) -> None: ...
    def not_async(context: Context, args: Args) -> None: ...
    async def three(context: Context, args: Args, more: int) -> None: ...

    shapes: list[Any] = [no_model, not_async, three]
    for shape in shapes:
        with pytest.raises(TypeError):
            processor("bad")(shape)


def test_two_kinds_may_not_share_a_name() -> None:
    @processor("sample")
    async def other(context: Context, args: Args) -> int:
        """Says two."""
        return 2

    with pytest.raises(ValueError, match="sample"):
        Registry([sample, other])


def test_an_unknown_kind_is_an_error_of_its_own() -> None:
    with pytest.raises(UnknownKind, match="nope"):
        Registry([sample])["nope"]


def test_modules_named_by_the_setting_add_their_kinds() -> None:
    registry = Registry.load(PROCESSORS, ["tests.kinds"])

    assert {"echo", "slow", "context_scraping", "course_timeline_parsing"} <= set(registry)
