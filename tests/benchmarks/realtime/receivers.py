"""A thousand browsers in one process, as lean as Python can be: count, do not parse. Run as a script.

Takes the path of a JSON plan; then one word a line on stdin, one JSON line on stdout for each answer.
``count`` starts counting anew; ``report`` tells what came since; ``sweep`` reads every few
milliseconds, which is cheapest; ``alert`` reads at once and notes how old each event is.
"""

import base64
import json
import mmap
import os
import re
import select
import socket
import struct
import sys
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

MARKER = b'"offset":'
OFFSET = re.compile(rb'"offset":(\d+)[,}]')
SENT_AT = re.compile(rb'"at":(\d+)[,}]')
PING_CODE = 9
PING = re.compile(rb"\x89([\x00-\x7d])")
MOST = 65_536
HANDSHAKES = 40
SWEEP_SECONDS = 0.01
WAIT_SECONDS = 20.0


class Client:
    """One connection and what it has counted."""

    __slots__ = ("count", "left", "offsets", "sock", "tail")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.count = 0
        self.tail = b""
        self.left = 0
        self.offsets: list[int] | None = None


class Crowd:
    """All connections of this process."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.websocket = plan["wire"] == "ws"
        self.frames = plan.get("count") == "frames"
        self.clients: dict[int, Client] = {}
        self.ages: list[int] = []
        self.alert = False
        self.total = 0
        self.lost = 0
        self.poll = select.epoll()
        with Path(plan["shared"]).open("r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 0)

    def connect(self) -> None:
        """Open every connection, a few at a time; raise if one is refused."""
        people = self.plan["people"]
        for start in range(0, len(people), HANDSHAKES):
            some = people[start : start + HANDSHAKES]
            opened = [self.ask(person) for person in some]
            for sock, person in zip(opened, some, strict=True):
                self.await_ready(sock, person)
            self.read(0)  # or who came first would miss a keep-alive while the last still come
        for client in list(self.clients.values())[:: self.plan.get("sample", 50)]:
            client.offsets = []

    def ask(self, person: dict[str, str]) -> socket.socket:
        """Send one request, and the first frame behind it."""
        sock = socket.socket()
        if receive_buffer := self.plan.get("receive_buffer"):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(WAIT_SECONDS)
        sock.bind((self.plan.get("source", "127.0.0.1"), 0))
        sock.connect(("127.0.0.1", self.plan["port"]))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = [f"GET {person['path']} HTTP/1.1", f"Host: 127.0.0.1:{self.plan['port']}"]
        lines += [f"{name}: {value}" for name, value in self.headers(person).items()]
        sock.sendall("\r\n".join([*lines, "", ""]).encode())
        return sock

    def headers(self, person: dict[str, str]) -> dict[str, str]:
        """Return what a browser would send."""
        found = {"Authorization": f"Bearer {person['token']}"} if person.get("token") else {}
        if not self.websocket:
            return found | {"Accept": "text/event-stream"}
        key = base64.b64encode(os.urandom(16)).decode()
        found |= {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key}
        found |= {"Sec-WebSocket-Version": "13"}
        if self.plan.get("subprotocol"):
            found["Sec-WebSocket-Protocol"] = self.plan["subprotocol"]
        if self.plan.get("deflate"):
            found["Sec-WebSocket-Extensions"] = "permessage-deflate; client_max_window_bits"
        return found

    def await_ready(self, sock: socket.socket, person: dict[str, str]) -> None:
        """Read the answer until the server says that this connection hears its channel."""
        ready = self.plan["ready"].encode()
        data = self.until(sock, b"", b"\r\n\r\n")
        head, _, rest = data.partition(b"\r\n\r\n")
        if head.split(b" ")[1] not in {b"101", b"200"}:
            raise RuntimeError(f"refused: {data[:500]!r}")
        if person.get("hello"):
            sock.sendall(frame(0x81, person["hello"].encode()))
        self.until(sock, rest, ready)
        sock.setblocking(False)
        self.clients[sock.fileno()] = Client(sock)
        self.poll.register(sock.fileno(), select.EPOLLIN)

    def until(self, sock: socket.socket, data: bytes, word: bytes) -> bytes:
        """Read until ``word`` is there; any byte will do for an empty one."""
        while word not in data or not data:
            more = sock.recv(MOST)
            if not more:
                raise RuntimeError(f"closed after {data[-500:]!r}")
            data += more
        return data

    def run(self) -> None:
        """Read and obey until stdin ends; with ``stalled`` in the plan, read nothing ever."""
        if self.plan.get("stalled"):
            sys.stdin.read()
        self.poll.register(0, select.EPOLLIN)
        while True:
            asked = self.read(None)
            struct.pack_into("=Q", self.shared, 8 * self.plan["slot"], self.total)
            if asked and not self.obey(os.read(0, 1024).decode().split()):
                return
            if not self.alert:
                time.sleep(SWEEP_SECONDS)

    def read(self, patience: float | None) -> bool:
        """Wait for data, or not for long, and take all there is; return whether stdin has some."""
        take = self.take_frames if self.frames else self.take
        asked, read, clients = False, os.read, self.clients
        for fd, _ in self.poll.poll(patience):
            if fd == 0:
                asked = True
                continue
            try:
                data = read(fd, MOST)
            except OSError:
                data = b""
            if data:
                take(clients[fd], data)
            else:
                self.drop(fd)
        return asked

    def take(self, client: Client, data: bytes) -> None:
        """Count the marker, which may be cut in two."""
        if self.websocket and b"\x89" in data:
            self.pongs(client, data)
        whole = client.tail + data
        if client.offsets is None:
            count = whole.count(MARKER)
            client.tail = whole[-len(MARKER) + 1 :]
        else:
            found = list(OFFSET.finditer(whole))
            count = len(found)
            client.offsets += [int(one[1]) for one in found]
            client.tail = whole[found[-1].end() if found else 0 :][-64:]
        if self.alert:
            now = time.monotonic_ns()
            self.ages += [now - int(at) for at in SENT_AT.findall(data)]
        client.count += count
        self.total += count

    def take_frames(self, client: Client, data: bytes) -> None:
        """Count frames by their lengths: what they hold is compressed."""
        data = client.tail + data
        at, end, count = client.left, len(data), 0
        while at < end and (size := frame_size(data, at)):
            head, length = size
            if data[at] & 15 != PING_CODE:
                count += 1
            elif at + head + length <= end:
                self.pong(client, data[at + head : at + head + length])
            else:
                break
            at += head + length
        client.left, client.tail = max(at - end, 0), data[at:]
        client.count += count
        self.total += count

    def pongs(self, client: Client, data: bytes) -> None:
        """Answer the server's keep-alive between events."""
        for found in PING.finditer(data):
            length = found[1][0]
            self.pong(client, data[found.end() : found.end() + length])

    def pong(self, client: Client, body: bytes) -> None:
        """Answer one keep-alive; if the server is gone, the next read shows it."""
        with suppress(OSError):
            client.sock.send(frame(0x8A, body))

    def drop(self, fd: int) -> None:
        """Note that the server ended a connection."""
        self.poll.unregister(fd)
        self.clients.pop(fd).sock.close()
        self.lost += 1

    def obey(self, words: list[str]) -> bool:
        """Do what stdin says; return False at its end."""
        for word in words:
            if word == "count":
                self.start_anew()
            elif word in {"sweep", "alert"}:
                self.alert = word == "alert"
            else:
                answer(self.report())
        return bool(words)

    def start_anew(self) -> None:
        """Forget all counts."""
        self.total, self.ages = 0, []
        struct.pack_into("=Q", self.shared, 8 * self.plan["slot"], 0)
        for client in self.clients.values():
            client.count = 0
            if client.offsets is not None:
                client.offsets = []
        answer({})

    def report(self) -> dict[str, Any]:
        """Tell what came since ``count``."""
        counts = [client.count for client in self.clients.values()]
        sampled = [c.offsets for c in self.clients.values() if c.offsets is not None]
        return {
            "total": self.total,
            "least": min(counts, default=0),
            "most": max(counts, default=0),
            "connected": len(counts),
            "lost": self.lost,
            "sampled": len(sampled),
            "broken": sum(not contiguous(offsets) for offsets in sampled),
            "ages": self.ages,
        }


def contiguous(offsets: list[int]) -> bool:
    """Return whether each number is the one before plus one."""
    return all(after == before + 1 for before, after in pairwise(offsets))


def frame_size(data: bytes, at: int) -> tuple[int, int] | None:
    """Return the bytes of a server's frame: head and body; None while the head is not complete."""
    short = data[at + 1] & 127 if at + 1 < len(data) else 0
    head = {126: 4, 127: 10}.get(short, 2)
    if at + head > len(data):
        return None
    return head, short if head == 2 else int.from_bytes(data[at + 2 : at + head], "big")


def frame(kind: int, body: bytes) -> bytes:
    """Return a client's frame; masked with zeros, which leaves the body as it is."""
    length = (
        bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + struct.pack("!H", len(body))
    )
    return bytes([kind]) + length + b"\0\0\0\0" + body


def answer(found: dict[str, Any]) -> None:
    """Write one line."""
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Connect, say so, run."""
    crowd = Crowd(json.loads(Path(sys.argv[1]).read_text()))
    begun = time.monotonic()
    crowd.connect()
    answer({"connected": len(crowd.clients), "seconds": time.monotonic() - begun})
    crowd.run()


if __name__ == "__main__":
    main()
