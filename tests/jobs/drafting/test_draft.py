"""A draft out of an answer: what is put right, what is complained about."""

from typing import Any

import pytest
from pydantic import ValidationError

from jobs.drafting.draft import Draft, read_draft, schema_for
from jobs.providers.llm_structured import Unfit

GOOD = {
    "title": "The garden opens",
    "body": "Come by.",
    "hashtags": ["garden"],
    "variants": {"mastodon": "Come by. #garden"},
}


def read(**changed: Any) -> Draft:
    return read_draft({**GOOD, **changed}, ["mastodon"])


def test_hashtags_are_bare_and_each_there_once() -> None:
    assert read(hashtags=["#Garden", " open day ", "garden", "Öffnung"]).hashtags == [
        "Garden",
        "openday",
        "Öffnung",
    ]


def test_what_cannot_be_stored_is_left_out() -> None:
    draft = read(title="The\x00 garden\ud800 ", body="a\x00\nb\tc")

    assert (draft.title, draft.body) == ("The garden", "a\nb\tc")


def test_a_variant_nobody_asked_for_is_left_out() -> None:
    assert list(read(variants={"blog": "long", "mastodon": "short"}).variants) == ["mastodon"]


def test_a_missing_and_a_too_long_variant_are_told() -> None:
    with pytest.raises(Unfit) as caught:
        read_draft({**GOOD, "variants": {"mastodon": "x" * 501}}, ["mastodon", "blog"])

    assert caught.value.problems == [
        "variants.blog: is missing",
        "variants.mastodon: 501 characters, at most 500 are allowed",
    ]


def test_a_length_is_counted_in_characters_not_bytes() -> None:
    assert read(variants={"mastodon": "ü" * 500}).variants["mastodon"] == "ü" * 500


@pytest.mark.parametrize(
    "changed",
    [
        {"title": ""}, {"title": "x" * 201}, {"body": " "}, {"hashtags": "garden"},
        {"hashtags": ["c++"]}, {"variants": {"pigeon": "coo"}}, {"variants": {"mastodon": ""}},
        {"variants": ["text"]}, {"more": 1}, {"title": 7},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(**changed)


def test_the_schema_is_strict_all_the_way_down() -> None:
    schema = schema_for(["mastodon", "blog"])

    variants = schema["properties"]["variants"]
    assert list(schema["properties"]) == schema["required"]
    assert list(variants["properties"]) == variants["required"] == ["mastodon", "blog"]
    assert schema["additionalProperties"] is variants["additionalProperties"] is False
    assert "at most 500 characters" in variants["properties"]["mastodon"]["description"]
