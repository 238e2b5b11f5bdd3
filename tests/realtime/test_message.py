"""What travels through Redis, and back."""

import pytest

from realtime.message import Message

MESSAGES = [
    Message("job.started", b'{"a":1}', 7, "e1"),
    Message("job.succeeded", b'{"a":1}', 8, "e1", final=True),
    Message("job.started", b'{"a":1}', 7, "e1", part="42"),
    Message("job.started", b'{"a":1}', 7, "e1", part="a user\n with: spaces/é"),
    Message("notification.100 % done\n", b"{}", 7, "e1"),
    Message("job.progress", b"{}", key="progress"),
]


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_comes_out_as_it_went_in(message: Message) -> None:
    assert Message.unpack(message.pack()) == message


@pytest.mark.parametrize(
    "packed", [b"", b"x", b"d\n", b"d 1 e\n{}", b"d 1 e t 0 p q\n{}", b"e k\n"]
)
def test_anything_else_is_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match="not a message"):
        Message.unpack(packed)
