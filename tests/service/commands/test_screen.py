import io

from rich.console import Console

from service.client.happenings import (
    Ended,
    Logged,
    Printed,
    Progressed,
    StateChanged,
)
from service.commands.screen import LiveScreen, PlainScreen, screen_for


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100, height=30, markup=False)


def written(console: Console) -> str:
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_a_terminal_gets_the_bar_and_a_pipe_gets_lines() -> None:
    assert isinstance(screen_for(terminal(), "echo"), LiveScreen)
    assert isinstance(screen_for(Console(file=io.StringIO()), "echo"), PlainScreen)


def test_the_bar_stays_with_all_output_under_it() -> None:
    console = terminal()
    output = "".join(f"line {n}\n" for n in range(100))

    with screen_for(console, "echo") as screen:
        screen.show(StateChanged("running", 1, "w1", ""))
        screen.show(Logged("hello [bold]there[/bold]"))
        screen.show(Progressed(0.5, "half way"))
        screen.show(Printed(output, afresh=True))
        screen.show(Ended("succeeded"))

    last_picture = written(console).rpartition("echo")[2]
    assert "100%" in last_picture
    assert all(f"line {n}" in last_picture for n in range(100))
    assert "hello [bold]there[/bold]" in written(console)


def test_foreign_text_cannot_drive_the_terminal() -> None:
    console = terminal()

    with screen_for(console, "echo") as screen:
        screen.show(Logged("\x1b]0;owned\x07\x1b[2J red\u202e"))
        screen.show(Printed("\x9b31m\x1bc safe\rover", afresh=True))
        screen.show(Progressed(0.1, "\x1b[5mblink"))

    text = written(console)
    assert not any(bad in text for bad in ("\x1b]0;", "\x1b[2J red", "\x9b", "\x1bc", "\x1b[5m"))
    assert "]0;owned[2J red" in text


def test_a_standing_bar_is_not_repeated_in_a_pipe() -> None:
    console = Console(file=io.StringIO(), width=100)

    with PlainScreen(console) as screen:
        for fraction in (0.5, 0.501, 0.51):
            screen.show(Progressed(fraction, "reading"))
        screen.show(Printed("a part of a", afresh=True))
        screen.show(Printed(" line", afresh=False))

    assert written(console).splitlines() == [" 50%  reading", " 51%  reading", "a part of a line"]
