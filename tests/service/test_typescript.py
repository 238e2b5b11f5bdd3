"""The browser's types: made from the models, and the committed file is what they make now."""

from typing import Literal

from pydantic import BaseModel, Field

from realtime.wire import Absent
from service.typescript import TARGET, declaration, typescript


class Sample(BaseModel):
    """Some of everything."""

    name: str = Field(description="What it is called")
    size: int | None
    kinds: list[Literal["a", "b"]]
    kind: str = Field(pattern=r"^sample\.")
    more: dict[str, float]
    perhaps: bool | Absent = None


def test_the_committed_file_is_what_the_models_make() -> None:
    assert TARGET.read_text(encoding="utf-8") == typescript(), "run python -m service.typescript"


def test_a_model_becomes_an_interface() -> None:
    written = declaration("Sample", Sample.model_json_schema())

    assert written.splitlines() == [
        "/** Some of everything. */",
        "export interface Sample {",
        "  /** What it is called */",
        "  name: string;",
        "  size: number | null;",
        '  kinds: ("a" | "b")[];',
        "  kind: `sample.${string}`;",
        "  more: Record<string, number>;",
        "  perhaps?: boolean;",
        "}",
    ]


def test_a_reader_may_tell_what_an_event_carries() -> None:
    assert "export interface Envelope<Data = any> {" in typescript()
    assert "export interface JobResource<Result = any> {" in typescript()
    assert "  result: Result;" in typescript()
