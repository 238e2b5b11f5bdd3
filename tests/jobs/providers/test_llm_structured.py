"""Answers that must have a shape: read, corrected once, given up."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from pydantic import BaseModel

from jobs.errors import Discard, ProviderError
from jobs.providers.llm import Llm, Message, Question
from jobs.providers.llm_structured import Rejected, Structured, Unfit, fitting, repairing
from jobs.providers.llm_usage import Spending, Usage
from service.dev.sandbox import Sandbox
from tests.jobs.providers.language import model_of, open_llm


class Headline(BaseModel):
    title: str
    stars: int


ANSWER = '{"title": "T", "stars": 1}'
QUESTION = Question(
    (Message("system", "Answer in JSON."), Message("user", "Topic: The garden opens")),
    "headline",
    {
        "type": "object",
        "properties": {"title": {"type": "string"}, "stars": {"type": "integer", "minimum": 3}},
    },
)


@dataclass
class Ear:
    """Keeps what it hears."""

    texts: list[str] = field(default_factory=list)
    lasts: list[str] = field(default_factory=list)
    refused: list[Rejected] = field(default_factory=list)

    async def heard(self, text: str, *, last: bool = False) -> None:
        (self.lasts if last else self.texts).append(text)

    async def rejected(self, answer: Rejected) -> None:
        self.refused.append(answer)


@dataclass
class Asking:
    llm: Llm
    ear: Ear = field(default_factory=Ear)
    spending: Spending = field(default_factory=Spending)

    async def ask(self, rejected: Rejected | None = None) -> Headline:
        structured = Structured(self.llm, self.spending, self.ear)
        return await structured.ask(QUESTION, Headline.model_validate, rejected)


@pytest.fixture
async def asking(sandbox: Sandbox) -> AsyncIterator[Asking]:
    model_of(sandbox)
    async with open_llm(sandbox) as llm:
        yield Asking(llm)


async def test_an_answer_that_fits_takes_one_round(asking: Asking) -> None:
    assert await asking.ask() == Headline(title="The garden opens", stars=3)

    assert asking.spending.usage.rounds == 1
    assert asking.ear.refused == []
    assert asking.ear.texts[-1] == asking.ear.lasts[0]
    assert len(asking.ear.texts) > 1


@pytest.mark.parametrize(
    ("mishap", "told"), [("invalid_json", "It is not JSON"), ("unfit", "stars: Field required")]
)
async def test_the_model_is_shown_its_answer_and_what_is_wrong_with_it(
    asking: Asking, sandbox: Sandbox, mishap: str, told: str
) -> None:
    model_of(sandbox, mishap)

    assert await asking.ask() == Headline(title="The garden opens", stars=3)

    first, second = (call["body"]["messages"] for call in sandbox.calls("llm"))
    assert second[:2] == first
    assert second[2] == {"role": "assistant", "content": asking.ear.refused[0].text}
    assert told in second[3]["content"]
    assert asking.spending.usage.rounds == 2


async def test_an_answer_cut_off_for_its_length_is_asked_for_shorter(
    asking: Asking, sandbox: Sandbox
) -> None:
    model_of(sandbox, "run_out")

    await asking.ask()

    assert "write less" in sandbox.calls("llm")[1]["body"]["messages"][3]["content"]


async def test_a_second_bad_answer_is_the_end_of_it(asking: Asking, sandbox: Sandbox) -> None:
    model_of(sandbox, "unfit", "invalid_json")

    with pytest.raises(Discard) as caught:
        await asking.ask()

    assert caught.value.code == "bad_answer"
    assert len(sandbox.calls("llm")) == 2
    assert asking.spending.usage.rounds == 2
    assert asking.spending.usage.cost_usd


async def test_trouble_in_the_second_round_keeps_what_both_have_cost(
    asking: Asking, sandbox: Sandbox
) -> None:
    model_of(sandbox, "unfit", "cut_stream")

    with pytest.raises(ProviderError):
        await asking.ask()

    assert asking.spending.usage.rounds == 2
    assert asking.spending.usage.estimated


async def test_an_answer_rejected_before_is_only_corrected(
    asking: Asking, sandbox: Sandbox
) -> None:
    before = Rejected('{"title": 7}', ("title: not a text",))

    await asking.ask(before)

    messages = sandbox.calls("llm")[0]["body"]["messages"]
    assert len(sandbox.calls("llm")) == 1
    assert messages[2]["content"] == before.text
    assert "- title: not a text" in messages[3]["content"]


async def test_a_second_bad_answer_to_a_correction_is_the_end_of_it(
    asking: Asking, sandbox: Sandbox
) -> None:
    model_of(sandbox, "unfit")

    with pytest.raises(Discard):
        await asking.ask(Rejected("{", ("It is not JSON.",)))


@pytest.mark.parametrize(
    "text",
    [ANSWER, f"```json\n{ANSWER}\n```", f" ```\n{ANSWER}```\n", f"```\n{ANSWER}"],
)
def test_a_fence_around_the_json_is_no_fault(text: str) -> None:
    assert fitting(text, "stop", Headline.model_validate).title == "T"


@pytest.mark.parametrize("text", ["", "Sure! Here it is", "{", '{"title": "T"} and more', "[1,"])
def test_what_is_no_json_is_told_so(text: str) -> None:
    with pytest.raises(Unfit, match="not JSON"):
        fitting(text, "stop", Headline.model_validate)


def test_complaints_name_the_place() -> None:
    with pytest.raises(Unfit) as caught:
        fitting('{"title": ["T"], "stars": "many"}', "stop", Headline.model_validate)

    assert [problem.split(":")[0] for problem in caught.value.problems] == ["title", "stars"]


def test_an_empty_answer_can_be_shown_too() -> None:
    asked = repairing(QUESTION, Rejected("", ("It is not JSON.",)))

    assert [message.content for message in asked.messages][2] == "(nothing)"


def test_spending_goes_on_from_what_was_spent_before() -> None:
    spending = Spending(Usage(tokens_in=10, tokens_out=5, cost_usd=0.5, rounds=1))

    spending.add(Usage(tokens_in=1, tokens_out=1, rounds=1, estimated=True))

    usage = Usage(tokens_in=11, tokens_out=6, cost_usd=0.5, rounds=2, estimated=True)
    assert spending.usage == usage
