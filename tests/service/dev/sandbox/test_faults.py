"""How an answer is spoilt when it comes in pieces."""

from starlette.types import Message

from service.dev.sandbox.faults import Garbled, Truncated

START: Message = {"type": "http.response.start", "status": 200, "headers": []}


def chunk(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def test_a_stream_breaks_off_in_its_second_piece() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    truncated = Truncated(send)
    for message in (START, chunk(b"aaaa"), chunk(b"bbbb"), chunk(b"cccc"), chunk(b"", more=False)):
        await truncated(message)

    assert sent == [START, chunk(b"aaaa"), chunk(b"bb")]


async def test_a_stream_becomes_one_piece_of_garbage() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    garbled = Garbled(send)
    for message in (START, chunk(b"aaaa"), chunk(b"bbbb", more=False)):
        await garbled(message)

    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[1]["more_body"] is False
    assert dict(sent[0]["headers"])[b"content-length"] == str(len(sent[1]["body"])).encode()
