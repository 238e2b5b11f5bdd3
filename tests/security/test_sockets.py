"""A WebSocket in any order of messages, right and wrong: answered, never a fault, never a word of others.

Frames that break the protocol itself are tests/faults/realtime/test_fuzz.py.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from service.server import Server
from tests.service.conftest import As, Headers, url
from tests.service.test_routes import MISSING

FINE = {1000, 1005, 4000, 4001, 4003, 4009, 4101}
ANNS, BOBS = "ann's job", "bob's job"
SECRET_TEXT = "what only bob may read"
REPEATS = ('{"t":"err"', '{"t":"unsubbed"')  # what she named herself
ANSWER_SECONDS = 10
EXAMPLES = 25
ANSWERS = {"ok", "err", "subbed", "unsubbed", "pong", "welcome"}
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass
class Street:
    """Ann, who tries everything, and Bob next door, who has jobs and a device of his own."""

    base: str
    ann: httpx2.AsyncClient
    bob: httpx2.AsyncClient
    things: dict[str, str] = field(default_factory=dict)

    async def open(self) -> None:
        """Make what can be named."""
        said = {"kind": "echo", "args": {"value": SECRET_TEXT}, "tags": [SECRET_TEXT]}
        for who, client in (("ann", self.ann), ("bob", self.bob)):
            job = {"kind": "echo"} if who == "ann" else said
            made = (await client.post("/api/jobs", json=job)).raise_for_status().json()
            batch = (await client.post("/api/jobs/batch", json={"jobs": [job]})).json()
            self.things |= {f"{who}'s job": made["id"], f"{who}'s batch": batch["batch_id"]}

    async def ticket(self, of: str) -> str:
        client = self.bob if of == "bob" else self.ann
        body = {"channels": [f"job:{self.things[ANNS]}"]} if of == "narrow" else {}
        answer = await client.post("/api/tickets", json=body)
        return str(answer.raise_for_status().json()["ticket"])


@pytest.fixture
async def street(server: Server, as_user: As) -> AsyncIterator[Street]:
    def client(user: str) -> httpx2.AsyncClient:
        headers = as_user(user, org="street")
        return httpx2.AsyncClient(
            base_url=url(server), headers=headers, timeout=30, trust_env=False
        )

    async with client("ann") as ann, client("bob") as bob:
        made = Street(url(server), ann, bob)
        await made.open()
        yield made


NAMES = ["ann's job", "bob's job", "ann's batch", "bob's batch", "nothing"]
CHANNELS = st.sampled_from(
    ["me", "user:ann", "user:bob", "org:street", "org:bob", "job:{ann's job}", "job:{bob's job}",
     "batch:{bob's batch}", "batch:{ann's batch}", "job:{nothing}", "job:*", "", "x", "user:", "job:\n"]
)  # fmt: skip
JOBS = st.sampled_from([f"{{{name}}}" for name in NAMES] + ["", "x", "%00"])
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
SINCE = st.sampled_from(["", "x.1", "0.0", "x.-1", "x." + "9" * 30]) | JUNK


def message(name: str, **fields: Any) -> Any:
    return st.fixed_dictionaries({"t": st.just(name)}, optional=fields)


SUBS = st.fixed_dictionaries({"channel": CHANNELS}, optional={"since": SINCE, "snapshot": JUNK})
RIGHT = st.one_of(
    message("sub", channel=CHANNELS, since=SINCE, snapshot=st.booleans()),
    message("unsub", channel=CHANNELS),
    message("ack", channel=CHANNELS, offset=st.integers(-5, 10)),
    message("read", ids=st.lists(JOBS, max_size=3)),
    message("read", all=st.booleans()),
    message("input", job=JOBS, data=JUNK),
    message("cancel", job=JOBS),
    message("hello", subs=st.lists(SUBS, max_size=3)),
    message("ping"),
    message("auth", ticket=st.sampled_from(["ann", "bob", "narrow", "used", "tk_x", ""])),
    st.just({"t": "bob acts"}),
)
WRONG = st.fixed_dictionaries(
    {}, optional={"t": JUNK | st.sampled_from(["sub", "cancel", "read", "auth", "ev", "welcome"]),
                  "channel": JUNK, "job": JUNK, "ids": JUNK, "data": JUNK, "offset": JUNK,
                  "subs": JUNK, "ticket": JUNK, "snapshot": JUNK, "all": JUNK}
)  # fmt: skip
STEPS = st.lists(st.one_of(RIGHT, RIGHT, RIGHT, WRONG), min_size=1, max_size=25)


@seed(8)
@SETTINGS
@given(steps=STEPS, greeted=st.sampled_from([True, True, True, False]))
async def test_any_order_of_messages_is_answered_and_tells_nothing_of_others(
    street: Street, steps: list[dict[str, Any]], greeted: bool
) -> None:
    async with opened(street) as socket:
        if greeted:
            await socket.send('{"t":"hello","subs":[{"channel":"me","snapshot":true}]}')
        talk = Talk(street, socket)

        await talk.hold(steps)

        assert talk.code is None or talk.code in FINE
        assert talk.unanswered == set() or talk.code is not None
        heard = "".join(talk.heard)
        assert SECRET_TEXT not in heard
        for name in ("bob's job", "bob's batch"):
            assert talk.told_unasked(street.things[name]) == []
    bobs = (await street.bob.get(f"/api/jobs/{street.things[BOBS]}")).json()
    assert bobs["state"] == "queued"
    assert (await street.bob.get("/healthz")).status_code == 200


@asynccontextmanager
async def opened(street: Street) -> AsyncIterator[ClientConnection]:
    """Open Ann's socket; bob's ticket is never hers."""
    address = street.base.replace("http", "ws") + "/api/ws"
    headers: Headers = {"Authorization": street.ann.headers["authorization"]}
    async with connect(
        address,
        additional_headers=headers,
        subprotocols=[Subprotocol("jobcast.v1")],
        proxy=None,
        max_size=None,
    ) as socket:
        yield socket


@dataclass
class Talk:
    """One conversation: what was asked by which number, and what came back."""

    street: Street
    socket: ClientConnection
    heard: list[str] = field(default_factory=list)
    unanswered: set[int] = field(default_factory=set)
    code: int | None = None
    used: str = "tk_used"
    all_said: bool = False

    async def hold(self, steps: list[dict[str, Any]]) -> None:
        """Say all of it, then ask for a last sign of life."""
        listening = asyncio.create_task(self._listen())
        try:
            for number, step in enumerate(steps):
                await self._say(number, step)
            self.all_said = True
            await self._say(len(steps), {"t": "ping"})
        except ConnectionClosed:
            pass
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await listening
        except TimeoutError:
            raise AssertionError(f"no answer to {self.unanswered}: {self.heard[-5:]}") from None

    async def _say(self, number: int, step: dict[str, Any]) -> None:
        if step.get("t") == "bob acts":
            job = await self.street.bob.post(
                "/api/jobs", json={"kind": "echo", "tags": [SECRET_TEXT]}
            )
            await self.street.bob.delete(f"/api/jobs/{job.json()['id']}")
            return
        frame = {**filled(step, self.street.things), "i": number}
        if frame.get("t") == "auth" and isinstance(frame.get("ticket"), str):
            frame["ticket"] = await self._ticket(frame["ticket"])
        if frame.get("t") != "hello":  # it is answered by welcome, once
            self.unanswered.add(number)
        await self.socket.send(orjson.dumps(frame).decode())

    async def _ticket(self, name: str) -> str:
        if name in {"ann", "bob", "narrow"}:
            fresh = await self.street.ticket(name)
            self.used = fresh if name == "ann" else self.used
            return fresh
        return self.used if name == "used" else name

    async def _listen(self) -> None:
        try:
            async for text in self.socket:
                self.heard.append(str(text))
                told = orjson.loads(text)
                if told.get("t") in ANSWERS and isinstance(told.get("i"), int):
                    self.unanswered.discard(told["i"])
                if self.all_said and not self.unanswered:
                    return
        except ConnectionClosed:
            pass
        self.code = self.socket.close_code

    def told_unasked(self, ident: str) -> list[str]:
        """Return what was heard of a foreign thing, but refusals of what Ann herself had named."""
        return [t for t in self.heard if ident in t and not t.startswith(REPEATS)]


def filled(value: Any, things: dict[str, str]) -> Any:
    """Return a message with real ids in the place of names."""
    if isinstance(value, str):
        for name, ident in {**things, "nothing": MISSING}.items():
            value = value.replace(f"{{{name}}}", ident)
        return value
    if isinstance(value, dict):
        return {key: filled(inner, things) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, things) for inner in value]
    return value
