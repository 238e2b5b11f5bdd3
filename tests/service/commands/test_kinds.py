import json

from tests.service.commands.conftest import Cli
from tests.service.commands.speaker import Speaker

KIND = {
    "kind": "thumbnail",
    "description": "Makes an image small.\n\nHarmless twice.",
    "args": {
        "properties": {
            "url": {"type": "string", "format": "uri", "description": "Where it is."},
            "width": {"type": "integer", "default": 100},
            "fit": {"enum": ["cover", "contain"]},
        },
        "required": ["url"],
        "examples": [{"url": "https://example.com/it's.png"}],
    },
}


def test_kinds_are_listed_with_their_first_line(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["GET /api/kinds"] = (200, {"data": [KIND]})

    result = cli("kinds")

    assert result.stdout.splitlines()[1].split(maxsplit=1) == ["thumbnail", "Makes an image small."]


def test_one_kind_shows_its_args_and_a_line_to_paste(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["GET /api/kinds/thumbnail"] = (200, KIND)

    result = cli("kinds", "thumbnail")

    words = [line.split() for line in result.stdout.splitlines()]
    assert ["url", "string", "(uri)", "required", "Where", "it", "is."] in words
    assert ["width", "integer", "default", "100"] in words
    assert ["fit", "cover", "|", "contain"] in words
    assert r"""--args '{"url":"https://example.com/it'\''s.png"}'""" in result.stdout


def test_a_kind_with_a_clock_shows_it(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["GET /api/kinds/thumbnail"] = (200, {**KIND, "cron": "*/10 * * * *"})

    assert "By itself: */10 * * * * (UTC)" in cli("kinds", "thumbnail").stdout


def test_kinds_are_machine_readable(cli: Cli, speaker: Speaker) -> None:
    speaker.answers["GET /api/kinds"] = (200, {"data": [KIND]})

    assert json.loads(cli("kinds", "--json").stdout) == [KIND]
