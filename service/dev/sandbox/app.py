"""Who is played, and where: ``/<provider>/…`` for each provider, the sample site at ``/``."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from service.dev.sandbox.calls import Calls
from service.dev.sandbox.eas import Eas
from service.dev.sandbox.faults import Faults
from service.dev.sandbox.google import Google
from service.dev.sandbox.llm import LanguageModel
from service.dev.sandbox.mail import Letters
from service.dev.sandbox.mastodon import Mastodon
from service.dev.sandbox.oauth import OAuth
from service.dev.sandbox.sink import Sink
from service.dev.sandbox.sites import Sites
from service.dev.sandbox.smtp import NAME as SMTP
from service.dev.sandbox.smtp import PostOffice
from service.dev.sandbox.switches import Switches
from service.dev.sandbox.twilio import Twilio

SAMPLES = Path(__file__).resolve().parents[3] / "docs" / "samples"
SITE = "site"


class Peer(Protocol):
    """A provider as it is played: what it remembers lives as long as the sandbox."""

    def routes(self) -> list[BaseRoute]:
        """Return its API, by paths below ``/<provider>``."""


PEERS: Mapping[str, Callable[[], Peer]] = {
    "oauth": OAuth,
    "llm": LanguageModel,
    "sites": Sites,
    "eas": Eas,
    "mastodon": Mastodon,
    "google": Google,
    "sink": Sink,
    "mail": Letters,
    "twilio": Twilio,
}
"""Everybody who is played; a new provider is one more entry."""


class World:
    """All providers with their memories, their switches and what they were asked."""

    def __init__(self) -> None:
        self.peers: dict[str, Peer] = {name: made() for name, made in PEERS.items()}
        self.calls = Calls()
        self.switches = Switches({**self.peers, SITE: None, SMTP: None})
        self.post_office = PostOffice(self._letters(), self.switches)

    def app(self) -> Starlette:
        """Return the server's application."""
        faults = Middleware(
            Faults, switches=self.switches, calls=self.calls, providers=self.peers, site=SITE
        )
        mounts = [Mount(f"/{name}", routes=peer.routes()) for name, peer in self.peers.items()]
        site = Mount("/", StaticFiles(directory=SAMPLES / "site", html=True))
        routes = [*self.switches.routes(), *self.calls.routes(), *mounts, site]
        return Starlette(routes=routes, middleware=[faults])

    def _letters(self) -> Letters:
        return next(peer for peer in self.peers.values() if isinstance(peer, Letters))
