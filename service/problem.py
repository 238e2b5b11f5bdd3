"""How an error looks from outside (RFC 9457), as a model the API's document is made from."""

from pydantic import BaseModel, Field


class Fault(BaseModel):
    """One thing wrong with a request. ``pointer`` is a JSON pointer into it."""

    pointer: str
    detail: str


class ProblemDocument(BaseModel):
    """An error. ``code`` is stable and for programs, ``detail`` is for people."""

    type: str = Field(description="A reference that names the kind of problem")
    title: str
    status: int
    detail: str
    instance: str = Field(description="The path that was asked for")
    code: str
    request_id: str = Field(description="Also in the X-Request-Id header; name it when you ask us")
    errors: list[Fault] | None = None
