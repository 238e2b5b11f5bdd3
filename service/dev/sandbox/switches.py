"""How a provider is told to fail: one switch each, set over HTTP or by a test, until its times are up."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


class Switch(BaseModel):
    """How a provider misbehaves. What is left out, works.

    ``status`` answers at once and does nothing. ``garbage`` and ``truncate`` spoil the answer of a call
    that was carried out, which is the worse trouble: the caller cannot know.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: int | None = Field(None, ge=400, le=599)
    retry_after: int | None = Field(None, ge=0, description="Seconds; goes with status")
    delay_seconds: float = Field(0.0, ge=0.0, le=600.0, description="Before anything else")
    garbage: bool = Field(False, description="Answer with something that makes no sense")
    truncate: bool = Field(False, description="Break off in the middle of the answer")
    times: int | None = Field(
        None, ge=1, description="How many calls it lasts; None: until cleared"
    )
    path: str = Field("", description="Only for paths below the provider's that begin so")


@dataclass(slots=True)
class Setting:
    """A switch that is set, and how many calls it has left."""

    switch: Switch
    left: int | None


class Switches:
    """The switches of all providers. Set by name; asked once for each call."""

    def __init__(self, providers: Mapping[str, object]) -> None:
        self._providers = providers
        self._set: dict[str, Setting] = {}

    def put(self, provider: str, switch: Switch) -> None:
        """Let a provider fail from now on. Raises KeyError for one that is not played."""
        if provider not in self._providers:
            raise KeyError(provider)
        self._set[provider] = Setting(switch, switch.times)

    def clear(self, provider: str) -> None:
        """Let a provider work again."""
        self._set.pop(provider, None)

    def take(self, provider: str, path: str) -> Switch | None:
        """Return how this call is to fail, None when it is not; counts it."""
        found = self._set.get(provider)
        if found is None or not path.startswith(found.switch.path):
            return None
        if found.left is not None:
            found.left -= 1
            if found.left == 0:
                self.clear(provider)
        return found.switch

    def routes(self) -> list[Route]:
        """Return the switches over HTTP."""
        return [
            Route("/_switches", self._list),
            Route("/_switches/{provider}", self._put, methods=["PUT"]),
            Route("/_switches/{provider}", self._delete, methods=["DELETE"]),
        ]

    def shown(self) -> dict[str, object]:
        """Return every provider with its switch, if one is set."""
        return {name: self._shown(name) for name in self._providers}

    def _shown(self, provider: str) -> object:
        found = self._set.get(provider)
        if found is None:
            return None
        return found.switch.model_dump(exclude_defaults=True) | {"left": found.left}

    async def _list(self, request: Request) -> Response:
        return JSONResponse(self.shown())

    async def _put(self, request: Request) -> Response:
        try:
            switch = Switch.model_validate_json(await request.body())
            self.put(request.path_params["provider"], switch)
        except ValidationError as error:
            return JSONResponse({"error": str(error)}, 422)
        except KeyError:
            return JSONResponse({"error": f"Known: {', '.join(self._providers)}"}, 404)
        return JSONResponse(self.shown())

    async def _delete(self, request: Request) -> Response:
        self.clear(request.path_params["provider"])
        return JSONResponse(self.shown())
