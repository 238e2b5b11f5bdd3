"""Publishes events as fast as they are received, or at a fixed rate. Run as a script.

For the product it is the other half of ``jobs``: it advances the users' sequences in Postgres, then
packs and publishes messages with those offsets, so that a position check finds nothing missing. The
rows are advanced a block ahead (``BLOCK`` offsets) because one commit per event would measure Postgres.
Takes the path of a JSON plan; one JSON command a line on stdin, one JSON line on stdout for each.
"""

import asyncio
import json
import mmap
import os
import re
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

BLOCK = 10
NAME = b"@NAME@"
ROOM = 262_144
LATE_SECONDS = 30.0
ADVANCE = """
INSERT INTO sequences (org_id, user_id, seq) SELECT $1, u, $3 FROM unnest($2::text[]) AS u
ON CONFLICT (org_id, user_id) DO UPDATE SET seq = excluded.seq
"""
NEWEST = """
SELECT coalesce(max(seq), 0) FROM sequences WHERE org_id = $1 AND user_id = ANY($2::text[])
"""


class Publisher:
    """Knows the next offset of every user."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.product = plan["form"] == "product"
        self.offsets = {"single": 0, "broadcast": 0}
        self.epoch = ""
        self.loop = asyncio.new_event_loop()
        self.database: Any = None
        self.redis = socket.create_connection(("127.0.0.1", plan["redis_port"]))
        self.published = self.answered = 0
        with Path(plan["shared"]).open("r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 0)

    def open(self) -> None:
        """Connect to the database and learn the epoch from the product itself."""
        if self.product:
            import asyncpg  # noqa: PLC0415 - peers are measured without it

            url = self.plan["database_url"]
            self.database = self.loop.run_until_complete(asyncpg.connect(url))
            self.epoch = self.ask_epoch()
            for mode in self.offsets:
                todo = self.database.fetchval(NEWEST, self.plan["org"], self.plan[mode])
                self.offsets[mode] = self.loop.run_until_complete(todo)

    def ask_epoch(self) -> str:
        """Read it from a snapshot of the first user."""
        with socket.create_connection(("127.0.0.1", self.plan["web_port"])) as sock:
            sock.settimeout(10)
            request = f"GET /api/events?channel=me&snapshot=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.plan['token']}\r\n\r\n"  # noqa: E501
            sock.sendall(request.encode())
            heard = b""
            while not (found := re.search(rb'"epoch":"([^"]+)"', heard)):
                more = sock.recv(ROOM)
                if not more:
                    raise RuntimeError(f"no epoch in {heard!r}")
                heard += more
            return found[1].decode()

    def advance(self, mode: str, names: list[str], by: int) -> None:
        """Commit ``by`` changes of users of ``mode`` before they are told."""
        if self.product:
            top = self.offsets[mode] + by
            todo = self.database.execute(ADVANCE, self.plan["org"], names, top)
            self.loop.run_until_complete(todo)

    def commands(self, mode: str, names: list[str], *, at: bool = False) -> list[bytes]:
        """Return one round: a PUBLISH for each of ``names``, at the next offset."""
        self.offsets[mode] += 1
        body = self.body(self.offsets[mode], at=at)
        packed = self.packed(body, self.offsets[mode]).split(NAME)
        size = sum(map(len, packed)) + (len(packed) - 1) * len(names[0])
        found = []
        for name in names:
            channel, text = self.channel(name), name.encode()
            head = b"*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%b\r\n$%d\r\n" % (len(channel), channel, size)
            found.append(head + text.join(packed) + b"\r\n")
        return found

    def channel(self, name: str) -> bytes:
        """Return where Redis is told of ``name``."""
        if not self.product:
            return f"{self.plan['prefix']}{name}".encode()
        known = self.plan.setdefault("known", {})
        if name not in known:
            from realtime import keys  # noqa: PLC0415 - peers are measured without the product
            from realtime.channels import Channel  # noqa: PLC0415

            known[name] = keys.events(Channel.user(self.plan["org"], name)).encode()
        return bytes(known[name])

    def packed(self, body: bytes, offset: int) -> bytes:
        """Return a message as the product publishes it; a peer's is the body."""
        if not self.product:
            return body
        from realtime.message import Message  # noqa: PLC0415 - peers are measured without the product

        return Message("job.started", body, offset, self.epoch).pack()

    def body(self, offset: int, *, at: bool) -> bytes:
        """Return an envelope as ``jobs.events`` writes it, of about 300 bytes or as many as planned."""
        moment = b'"at":%d,' % time.monotonic_ns() if at else b""
        text = (
            b'{"specversion":"1.0","id":"%b.3","source":"/jobs",'
            b'"type":"job.started","user":"@NAME@","org":"bench","time":"2026-11-28T19:17:02.123Z",'
            b'"channel":"user:@NAME@","offset":%d,"epoch":"%b","seq":3,"attempt":1,%b'
            b'"data":{"kind":"echo","state":"running","note":"%b"}}'
        ) % (str(uuid4()).encode(), offset, self.epoch.encode(), moment, b"")
        return text.replace(
            b'"note":""', b'"note":"%b"' % (b"x" * max(0, self.plan["size"] - len(text)))
        )

    def received(self) -> int:
        """Return what all receivers have counted."""
        return sum(struct.unpack(f"={len(self.shared) // 8}Q", self.shared[:]))

    def send(self, data: bytes, count: int) -> None:
        """Hand commands to Redis; take the answers that are there."""
        self.redis.sendall(data)
        self.published += count
        self.take(socket.MSG_DONTWAIT)

    def take(self, flags: int = 0) -> None:
        """Count Redis's answers."""
        try:
            heard = self.redis.recv(ROOM, flags)
        except BlockingIOError:
            return
        if b"-" in heard:
            raise RuntimeError(heard[:200].decode())
        self.answered += heard.count(b"\r\n")

    def run(self, mode: str, seconds: float, window: int, listeners: int) -> dict[str, Any]:
        """Publish for a while, never more than ``window`` deliveries ahead; wait until all came."""
        names = self.plan[mode]
        piece = 500 if mode == "single" else 4
        before, begun, expected = self.cpu(), time.monotonic(), 0
        while time.monotonic() < begun + seconds:
            self.advance(mode, names, BLOCK)
            block = [one for _ in range(BLOCK) for one in self.commands(mode, names)]
            for start in range(0, len(block), piece):
                part = block[start : start + piece]
                self.wait_for(expected + len(part) * listeners - window)
                self.send(b"".join(part), len(part))
                expected += len(part) * listeners
        self.wait_for(expected)
        found = self.sums(before, begun, expected)
        while self.answered < self.published:
            self.take()
        return found

    def steady(self, mode: str, seconds: float, rate: float, listeners: int) -> dict[str, Any]:
        """Publish ``rate`` events a second, each with the moment it was published."""
        before, begun, sent = self.cpu(), time.monotonic(), 0
        each_alone = mode == "single"  # commit each user's change just before it is told
        while time.monotonic() < begun + seconds:
            if not each_alone:
                self.advance(mode, self.plan[mode], BLOCK)
            for name in self.plan[mode] * (1 if each_alone else BLOCK):
                time.sleep(max(0.0, begun + sent / rate - time.monotonic()))
                if each_alone:
                    self.advance(mode, [name], 1)
                self.send(self.commands(mode, [name], at=True)[0], 1)
                self.offsets[mode] -= each_alone
                sent += 1
            self.offsets[mode] += each_alone  # one round over all users is one offset
        self.wait_for(sent * listeners)
        return self.sums(before, begun, sent * listeners)

    def sums(self, before: dict[str, float], begun: float, deliveries: int) -> dict[str, Any]:
        """Return what was delivered since ``begun``, and the CPU it took."""
        after = self.cpu()
        spent = {who: after[who] - before[who] for who in after}
        return {"seconds": time.monotonic() - begun, "deliveries": deliveries, "cpu": spent}

    def wait_for(self, count: int) -> None:
        """Return when at least ``count`` were received."""
        until = time.monotonic() + LATE_SECONDS
        while (now := self.received()) < count:
            if time.monotonic() > until:
                raise RuntimeError(f"{now} of {count} deliveries came")
            time.sleep(0.0005)

    def cpu(self) -> dict[str, float]:
        """Return the CPU seconds each watched process has used."""
        pids = self.plan["pids"] | {"publisher": os.getpid()}
        return {who: cpu_seconds(pid) for who, pid in pids.items()}


def cpu_seconds(pid: int) -> float:
    """Return user and system time of all threads of a process, to the nanosecond."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def main() -> None:
    """Open, say so, obey."""
    publisher = Publisher(json.loads(Path(sys.argv[1]).read_text()))
    publisher.open()
    tell({})
    for line in sys.stdin:
        order = json.loads(line)
        try:
            tell(getattr(publisher, order.pop("do"))(**order))
        except RuntimeError as error:
            tell({"error": str(error)})


def tell(found: dict[str, Any]) -> None:
    """Write one line."""
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
