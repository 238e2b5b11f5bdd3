"""A draft as people read it while its JSON streams in."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.asking.live import LiveText
from jobs.drafting.live import parts, stage

DRAFT = {
    "title": 'The "garden" opens 🌱',
    "body": "Come by.\n\nBring a \\ friend.",
    "hashtags": ["garden", "#open"],
    "variants": {"mastodon": "Come by!\nSoon.", "blog": "An article."},
}
READ = """# The "garden" opens 🌱

Come by.

Bring a \\ friend.

#garden #open

## mastodon

Come by!
Soon.

## blog

An article."""


def shown(text: str, size: int) -> list[str]:
    """Return what is shown of an answer that comes in pieces."""
    live = LiveText(parts)
    grown = [text[:end] for end in range(size, len(text) + size, size)]
    return [*(live.more(part) for part in grown), live.more(text, last=True)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 10_000])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_whatever_the_pieces_the_same_is_read(size: int, ascii_only: bool) -> None:
    assert "".join(shown(json.dumps(DRAFT, ensure_ascii=ascii_only), size)) == READ


def test_text_is_shown_as_it_comes_and_never_as_json() -> None:
    pieces = shown(json.dumps(DRAFT), 10)

    assert sum(1 for piece in pieces if piece) > 10
    assert not any(sign in "".join(pieces) for sign in ("{", "}", '"title"', "\\n"))


def test_a_fence_is_not_shown() -> None:
    fenced = f"```json\n{json.dumps(DRAFT, indent=2)}\n```"

    assert "".join(shown(fenced, 5)) == READ


@pytest.mark.parametrize("text", ["", "Sure, here it is:", "[1, 2]", '"text"', "null", "}{"])
def test_what_is_no_draft_shows_nothing(text: str) -> None:
    assert "".join(shown(text, 3)) == ""


def test_odd_values_do_not_disturb() -> None:
    odd = {"title": 5, "body": None, "hashtags": [1, None], "variants": {"blog": 7}, "x": {}}

    assert "".join(shown(json.dumps(odd), 4)) == "#1 #None\n\n## blog\n\n7"


def test_the_stage_is_what_was_begun_last() -> None:
    live, stages = LiveText(parts), []
    text = json.dumps(DRAFT)
    for end in range(1, len(text) + 1):
        live.more(text[:end])
        if stage(live.lengths) not in stages:
            stages.append(stage(live.lengths))

    assert stages == [
        "the draft",
        "the title",
        "the body",
        "hashtags",
        "the mastodon variant",
        "the blog variant",
    ]


def test_a_long_answer_is_looked_at_a_bounded_number_of_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = 0

    def look(text: str) -> str:
        nonlocal looks
        looks += 1
        return text

    monkeypatch.setattr("jobs.asking.live.without_fence", look)
    live, text = LiveText(parts), json.dumps({"body": "word " * 20_000})

    for end in range(4, len(text), 4):
        live.more(text[:end])

    assert 0 < looks < 5_000  # of 25,000 pieces


@settings(max_examples=200, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "title": st.text(max_size=30),
            "body": st.text(max_size=80),
            "hashtags": st.lists(st.text(max_size=8), max_size=3),
            "variants": st.dictionaries(
                st.sampled_from(["blog", "mastodon"]), st.text(max_size=30)
            ),
        }
    ),
    st.integers(1, 20),
)
def test_any_draft_is_read_the_same_in_pieces_as_at_once(
    draft: dict[str, object], size: int
) -> None:
    text = json.dumps(draft)

    assert "".join(shown(text, size)) == "".join(shown(text, len(text)))
