"""Lines of a command: bounded, readable, without secrets, however the bytes are cut."""

import pytest

from jobs.providers.lines import Lines

SECRET = "s3cr3t-token"


def read(said: bytes, step: int = 7, **options: int) -> list[str]:
    lines = Lines([SECRET], **options)
    pieces = [said[at : at + step] for at in range(0, len(said), step)]
    return [line for piece in pieces for line in lines.feed(piece)] + lines.end()


@pytest.mark.parametrize("step", [1, 2, 3, 5, 1_000])
def test_lines_are_the_same_however_they_arrive(step: int) -> None:
    said = "one\r\ntwo 🌱 three\rfour\n\nfive".encode()

    assert read(said, step) == ["one", "two 🌱 three", "four", "five"]


@pytest.mark.parametrize("step", [1, 4, 1_000])
def test_a_secret_never_shows(step: int) -> None:
    said = f"with {SECRET} and {SECRET}!\n".encode()

    assert read(said, step) == ["with *** and ***!"]


@pytest.mark.parametrize("before", range(15))
def test_no_part_of_a_secret_is_left_where_a_long_line_is_cut(before: int) -> None:
    said = ("x" * before + SECRET + "y" * 50 + "\n").encode()

    (line,) = read(said, longest=10)

    assert not any(SECRET[:size] in line for size in range(3, len(SECRET) + 1))
    assert len(line) <= 11


def test_a_line_too_long_is_cut_and_its_rest_forgotten() -> None:
    lines = read(b"a" * 5_000_000 + b"\nnext\n", step=64 * 1024)

    assert [len(line) for line in lines] == [2_001, 4]
    assert lines[0].endswith("a…")


def test_colours_and_control_characters_are_left_out() -> None:
    said = b"\x1b[1;32mgreen\x1b[0m \x1b]0;title\x07bell\x07\x00 tab\there\n"

    assert read(said) == ["green bell tab\there"]


def test_what_is_no_utf8_is_replaced() -> None:
    assert read(b"caf\xe9 \xff\xfe\n") == ["caf\ufffd \ufffd\ufffd"]


def test_a_character_cut_off_at_the_end_is_replaced() -> None:
    assert read("é".encode()[:1]) == ["\ufffd"]
