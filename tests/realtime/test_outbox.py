"""A slow socket's queue."""

from realtime.channels import Channel
from realtime.delivery import Event
from realtime.message import Message
from realtime.outbox import Outbox

JOB = Channel.job("j1")


def durable(offset: int, channel: Channel = JOB, body: bytes = b"{}") -> Event:
    return Event(channel, Message("job.started", body, offset, "e1"))


def ephemeral(key: str, body: bytes = b"{}", channel: Channel = JOB) -> Event:
    return Event(channel, Message(f"job.{key}", body, key=key))


def test_newer_progress_replaces_older_and_keeps_the_order_of_the_rest() -> None:
    outbox = Outbox(10, 1000)

    for event in (ephemeral("progress", b"1"), durable(1), ephemeral("progress", b"2")):
        outbox.put(event)

    assert outbox.take(10) == [durable(1), ephemeral("progress", b"2")]


def test_progress_of_different_jobs_on_one_channel_is_kept_apart() -> None:
    outbox = Outbox(10, 1000)

    outbox.put(ephemeral("progress:a"))
    outbox.put(ephemeral("progress:b"))

    assert len(outbox) == 2


def test_output_and_log_lines_all_stay_in_order() -> None:
    outbox = Outbox(10, 1000)
    said = [ephemeral("output", b"1"), ephemeral("log", b"2"), ephemeral("output", b"3")]

    for event in said:
        outbox.put(event)

    assert outbox.take(10) == said


def test_a_full_queue_refuses_and_keeps_what_it_has() -> None:
    outbox = Outbox(2, 1000)
    outbox.put(durable(1))
    outbox.put(durable(2))

    accepted = outbox.put(durable(3))

    assert not accepted
    assert outbox.take(10) == [durable(1), durable(2)]


def test_bytes_are_bounded_too_but_one_big_event_alone_passes() -> None:
    outbox = Outbox(10, 100)

    assert outbox.put(durable(1, body=b"x" * 500))
    assert not outbox.put(durable(2, body=b"x"))
    outbox.take(1)
    assert outbox.put(durable(2, body=b"x"))


def test_dropping_a_channel_leaves_the_others() -> None:
    other = Channel.job("j2")
    outbox = Outbox(10, 100)
    outbox.put(durable(1, body=b"x" * 90))
    outbox.put(durable(1, other))

    outbox.drop(JOB)

    assert outbox.put(durable(2, other, b"x" * 90))
    assert [event.channel for event in outbox.take(10)] == [other, other]
