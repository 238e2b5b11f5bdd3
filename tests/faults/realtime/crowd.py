"""Who listens: clients that come, hang up, come back elsewhere, stop reading, and leave for good."""

import asyncio
import random
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from service.client import mint_token
from tests.faults.realtime.listeners import TRANSPORTS, Listener
from tests.faults.realtime.sight import Sight

SCOPES = "jobs:read jobs:write org:read"
PAUSE_SECONDS = 0.3
HANG_UP_SECONDS = 8.0
KINDS = {"me": 5, "me+job": 2, "job": 2, "batch": 1, "org": 1, "me+org": 1}
SMALL = 0.1


@dataclass
class User:
    """Somebody with jobs; ``place`` is the newest place any of their clients has seen."""

    name: str
    org: str
    secret: str
    jobs: deque[str] = field(default_factory=lambda: deque(maxlen=50))
    batches: deque[str] = field(default_factory=lambda: deque(maxlen=20))
    place: tuple[str, int] | None = None
    token: str = ""

    def __post_init__(self) -> None:
        self.token = mint_token(self.secret, user=self.name, org=self.org, scopes=SCOPES)


@dataclass
class Client:
    """One of the crowd; ``stays`` to the end if it did not leave before."""

    user: User
    listener: Listener
    connections: int = 0
    stays: bool = False

    @property
    def trouble(self) -> Iterable[str]:
        for sight in self.listener.sights:
            for words in sight.trouble:
                yield f"{words} ({self.listener.transport}, {self.user.name})"


class Crowd:
    """Keeps ``size`` clients there; each lives for about ``life_seconds``."""

    def __init__(
        self,
        users: Sequence[User],
        bases: Sequence[str],
        dice: random.Random,
        *,
        size: int,
        life_seconds: float,
        transports: Sequence[str],
        channels: Sequence[str],
    ) -> None:
        self.clients: list[Client] = []
        self.crashes: list[str] = []
        self._users = users
        self._bases = bases
        self._dice = dice
        self._size = size
        self._life_seconds = life_seconds
        self._transports = transports
        self._kinds = [kind for kind in KINDS if set(kind.split("+")) <= set(channels)]
        self._living: dict[asyncio.Task[None], Client] = {}
        self._settling = False

    @property
    def present(self) -> list[Client]:
        """Return those who are there now."""
        return list(self._living.values())

    @property
    def figures(self) -> Counter[str]:
        """Return how much was told, to everybody together."""
        found: Counter[str] = Counter()
        for client in self.clients:
            found["connections"] += client.connections
            for sight in client.listener.sights:
                found.update(sight.counts)
        return found

    async def run(self) -> None:
        """Let clients come until cancelled, one after the other so that joins are spread."""
        while True:
            short = self._size - len(self._living)
            if short > 0:
                self._come()
            await asyncio.sleep(0.002 if short > 1 else 0.02)

    async def settle(self, seen_all: "asyncio.Event") -> None:
        """Let nobody come or go any more; return when ``seen_all`` is set, with everybody gone."""
        self._settling = True
        for client in self.present:
            client.stays = True
            client.listener.reading.set()
        await seen_all.wait()
        living = list(self._living)
        for task in living:
            task.cancel()
        await asyncio.gather(*living, return_exceptions=True)

    def _come(self) -> None:
        client = self._client()
        task = asyncio.create_task(self._live(client))
        self._living[task] = client
        self.clients.append(client)
        task.add_done_callback(self._gone)

    def _gone(self, task: "asyncio.Task[None]") -> None:
        self._living.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.crashes.append(f"crash: {error!r}")

    def _client(self) -> Client:
        dice = self._dice
        user = dice.choice(self._users)
        kind = dice.choices(self._kinds, [KINDS[name] for name in self._kinds])[0]
        sights = [Sight(name) for part in kind.split("+") for name in self._named(part, user)]
        sights = sights or [Sight("me")]
        transport = dice.choice(self._transports)
        snapshot = dice.random() < 0.7
        if user.place and len(sights) == 1 and sights[0].kind == "user" and dice.random() < 0.4:
            sights[0].begins_at(user.place[0], dice.randint(0, user.place[1]))
        listener = TRANSPORTS[transport](user.token, sights, snapshot=snapshot)
        listener.small = dice.random() < SMALL
        return Client(user, listener)

    def _named(self, part: str, user: User) -> list[str]:
        match part:
            case "job":
                return [f"job:{self._dice.choice(user.jobs)}"] if user.jobs else []
            case "batch":
                return [f"batch:{self._dice.choice(user.batches)}"] if user.batches else []
            case "org":
                return [f"org:{user.org}"]
        return ["me"]

    async def _live(self, client: Client) -> None:
        loop = asyncio.get_running_loop()
        leaves = loop.time() + self._dice.expovariate(1 / self._life_seconds)
        while not client.listener.over and (self._settling or loop.time() < leaves):
            client.connections += 1
            stays = self._dice.expovariate(1 / HANG_UP_SECONDS)
            await self._visit(client, min(stays, leaves - loop.time()))
            await asyncio.sleep(self._dice.uniform(0.01, PAUSE_SECONDS))

    async def _visit(self, client: Client, seconds: float) -> None:
        listening = asyncio.create_task(client.listener.listen(self._dice.choice(self._bases)))
        try:
            await asyncio.wait([listening], timeout=max(seconds, 0.05))
            if self._settling:
                await asyncio.wait([listening])
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            self._remember(client)
        if not listening.cancelled():
            listening.result()

    def _remember(self, client: Client) -> None:
        for sight in client.listener.sights:
            if sight.kind == "user" and sight.since and not sight.trouble:
                known = client.user.place
                if known is None or sight.offset > known[1]:
                    client.user.place = (sight.epoch, sight.offset)


def of_transport(clients: Iterable[Client]) -> Counter[str]:
    """Count clients by how they listen and to what."""
    found: defaultdict[str, int] = defaultdict(int)
    for client in clients:
        found[client.listener.transport] += 1
        for sight in client.listener.sights:
            found[sight.kind] += 1
    return Counter(found)
