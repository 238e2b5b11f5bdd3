"""Asking a language model: the SDK against the sandbox's, in good times and in every sort of bad ones."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from jobs.errors import Discard, Garbage, NotConfigured, ProviderError
from jobs.providers.llm import Llm, Message, Question
from jobs.providers.llm_answer import Answer
from jobs.providers.llm_usage import Spending
from jobs.settings import JobsSettings
from service.dev.sandbox import Sandbox
from service.dev.sandbox.llm import KEY
from tests.jobs.providers.language import GARDEN, answer, failure, model_of, open_llm
from tests.jobs.providers.site import Site, response


@pytest.fixture
async def llm(sandbox: Sandbox) -> AsyncIterator[Llm]:
    model_of(sandbox)
    async with open_llm(sandbox) as opened:
        yield opened


async def test_an_answer_streams_in_and_tells_what_it_took(llm: Llm) -> None:
    spending = Spending()

    async with llm.asking(GARDEN, spending) as answering:
        pieces = [piece async for piece in answering]
        whole, ended, model = answering.text, answering.ended, answering.model

    usage = spending.usage
    assert len(pieces) > 3
    assert "".join(pieces) == whole
    assert whole.startswith("The garden opens.")
    assert (ended, model) == ("stop", "sandbox-writer")
    assert (usage.rounds, usage.estimated) == (1, False)
    assert usage.tokens_in > 0 < usage.tokens_out
    cost = (usage.tokens_in * 2.0 + usage.tokens_out * 10.0) / 1_000_000
    assert usage.cost_usd == pytest.approx(cost, abs=1e-6)


async def test_rounds_add_up(llm: Llm) -> None:
    spending, once = Spending(), Spending()
    await answer(llm, spending=once)

    for _ in range(2):
        await answer(llm, spending=spending)

    assert spending.usage.rounds == 2
    assert spending.usage.tokens_out == 2 * once.usage.tokens_out
    assert spending.usage.cost_usd == pytest.approx(2 * (once.usage.cost_usd or 0), abs=1e-6)


async def test_without_prices_there_is_no_cost(sandbox: Sandbox) -> None:
    model_of(sandbox)
    spending = Spending()

    async with open_llm(sandbox, llm_input_price=None) as llm:
        await answer(llm, spending=spending)

    assert spending.usage.tokens_out > 0
    assert spending.usage.cost_usd is None


async def test_a_schema_is_sent_as_strict_json_schema(llm: Llm, sandbox: Sandbox) -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}}

    said = await answer(llm, Question(GARDEN.messages, "headline", schema))

    assert json.loads(said) == {"title": "The garden opens"}
    sent = sandbox.calls("llm")[0]["body"]
    wanted = {"name": "headline", "strict": True, "schema": schema}
    assert sent["response_format"] == {"type": "json_schema", "json_schema": wanted}
    assert sent["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize(("how", "sent"), [("object", {"type": "json_object"}), ("none", None)])
async def test_servers_that_know_no_schemas_are_asked_otherwise(
    sandbox: Sandbox, how: str, sent: Any
) -> None:
    model_of(sandbox)

    async with open_llm(sandbox, llm_json=how) as llm:
        await answer(llm, Question(GARDEN.messages, schema={"type": "object"}))

    assert sandbox.calls("llm")[0]["body"].get("response_format") == sent


@pytest.mark.parametrize("missing", ["llm_base_url", "llm_api_key", "llm_model"])
async def test_what_is_not_configured_is_named(sandbox: Sandbox, missing: str) -> None:
    async with open_llm(sandbox, **{missing: ""}) as llm:
        assert not llm.configured
        error = await failure(llm)

    assert isinstance(error, NotConfigured)
    assert missing.upper() in str(error)
    assert sandbox.calls("llm") == []


async def test_too_many_requests_is_tried_again_when_the_server_says(
    llm: Llm, sandbox: Sandbox
) -> None:
    sandbox.switch("llm", status=429, retry_after=37)
    spending = Spending()

    error = await failure(llm, spending=spending)

    assert isinstance(error, ProviderError)
    assert error.after == timedelta(seconds=37)
    assert len(sandbox.calls("llm")) == 1  # the SDK itself tries nothing again
    assert spending.usage.rounds == 0


@pytest.mark.parametrize("status", [408, 500, 502, 503, 529])
async def test_a_server_in_trouble_is_tried_again(llm: Llm, sandbox: Sandbox, status: int) -> None:
    sandbox.switch("llm", status=status)

    error = await failure(llm)

    assert isinstance(error, ProviderError)
    assert str(status) in str(error)


async def test_an_account_without_credit_ends_it(llm: Llm, sandbox: Sandbox) -> None:
    model_of(sandbox, "no_credit")

    error = await failure(llm)

    assert isinstance(error, Discard)
    assert error.code == "insufficient_quota"


async def test_a_wrong_key_ends_it_and_is_in_no_word_of_it(
    sandbox: Sandbox, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    key = "sk-live-0123456789abcdef"
    with caplog.at_level("DEBUG"):
        async with open_llm(sandbox, llm_api_key=key) as llm:
            error = await failure(llm)
            shown = [repr(llm), repr(vars(llm)), repr(error), str(error), repr(error.__cause__)]

    assert isinstance(error, Discard)
    assert error.code == "unauthorized"
    assert key not in "".join([*shown, *capfd.readouterr(), caplog.text])


async def test_forbidden_ends_it(llm: Llm, sandbox: Sandbox) -> None:
    sandbox.switch("llm", status=403)

    assert (await failure(llm)).code == "unauthorized"


async def test_a_server_that_wants_money_ends_it(llm: Llm, sandbox: Sandbox) -> None:
    sandbox.switch("llm", status=402)

    assert (await failure(llm)).code == "insufficient_quota"


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (
            "400 Bad Request",
            {"message": "maximum context length is 8192 tokens"},
            "context_too_long",
        ),
        (
            "400 Bad Request",
            {"message": "prompt is too long: 9 > 8", "type": "x"},
            "context_too_long",
        ),
        ("413 Payload Too Large", {}, "context_too_long"),
        ("429 Too Many Requests", {"code": "insufficient_quota"}, "insufficient_quota"),
        ("429 Too Many Requests", {"message": "input tokens per minute"}, "provider_error"),
        ("500 Oops", {"message": "context window service is down"}, "provider_error"),
        ("422 Unprocessable", {"message": f"no {KEY} here", "code": KEY}, "refused"),
        ("404 Not Found", "nothing here", "refused"),
    ],
)
async def test_errors_of_many_servers_are_understood(
    site: Site, status: str, error: Any, code: str
) -> None:
    body = json.dumps({"error": error}).encode()
    site.pages["/chat/completions"] = response(body, status, content_type="application/json")

    async with asked_at(site) as llm:
        found = await failure(llm)

    assert found.code == code
    assert KEY not in str(found)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"message": "too many tokens", "code": None}, "context_too_long"),
        ({"message": "", "code": "insufficient_quota"}, "insufficient_quota"),
        ({"message": "overloaded", "type": "server_error"}, "provider_error"),
    ],
)
async def test_errors_in_the_middle_of_a_stream_are_understood(
    site: Site, error: Any, code: str
) -> None:
    body = f"data: {json.dumps({'error': error})}\n\n".encode()
    site.pages["/chat/completions"] = response(body, content_type="text/event-stream")

    async with asked_at(site) as llm:
        assert (await failure(llm)).code == code


async def test_a_question_too_long_for_the_model_ends_it(sandbox: Sandbox) -> None:
    async with open_llm(sandbox, llm_model="sandbox-small") as llm:
        error = await failure(llm, Question((Message("user", "word " * 500),)))

    assert isinstance(error, Discard)
    assert error.code == "context_too_long"


async def test_a_refused_request_ends_it_with_the_servers_own_words(sandbox: Sandbox) -> None:
    async with open_llm(sandbox, llm_model="sandbox-gone") as llm:
        error = await failure(llm)

    assert isinstance(error, Discard)
    assert error.code == "refused"
    assert "`sandbox-gone` does not exist" in str(error)


@pytest.mark.parametrize("mishap", ["cut_stream", "break_off"])
async def test_a_stream_that_breaks_is_tried_again_and_counted_as_far_as_known(
    llm: Llm, sandbox: Sandbox, mishap: str
) -> None:
    model_of(sandbox, mishap)
    spending = Spending()

    error = await failure(llm, spending=spending)

    usage = spending.usage
    assert isinstance(error, ProviderError)
    assert (usage.rounds, usage.estimated) == (1, True)
    assert usage.tokens_in > 0 < usage.tokens_out
    assert usage.cost_usd


async def test_a_stream_truncated_between_two_servers_is_tried_again(
    llm: Llm, sandbox: Sandbox
) -> None:
    sandbox.switch("llm", truncate=True)

    assert isinstance(await failure(llm), ProviderError)


async def test_a_stream_that_ends_without_saying_so_has_broken_off(site: Site) -> None:
    delta = {"choices": [{"index": 0, "delta": {"content": "The gar"}, "finish_reason": None}]}
    body = f"data: {json.dumps(delta)}\n\ndata: [DONE]\n\n".encode()
    site.pages["/chat/completions"] = response(body, content_type="text/event-stream")
    spending = Spending()

    async with asked_at(site) as llm:
        error = await failure(llm, spending=spending)

    assert isinstance(error, ProviderError)
    assert "broke off" in str(error)
    assert spending.usage.tokens_out == 2


async def test_garbage_is_tried_again_under_its_own_name(llm: Llm, sandbox: Sandbox) -> None:
    sandbox.switch("llm", garbage=True)

    assert isinstance(await failure(llm), ProviderError)


@pytest.mark.parametrize(
    "said",
    ["<html>", "data: {nonsense\n\n", 'data: ["a"]\n\n', "data: 7\n\n", 'data: {"choices": 5}\n\n',
     'data: {"choices": [{"delta": "x"}]}\n\n', 'data: {"choices": [{"delta": {"content": 7}}]}\n\n',
     'data: {"choices": [], "usage": "much"}\n\n', "data: \xff\n\n"],
)  # fmt: skip
async def test_a_stream_that_makes_no_sense_is_garbage(site: Site, said: str) -> None:
    body = said.encode("latin-1")
    site.pages["/chat/completions"] = response(body, content_type="text/event-stream")

    async with asked_at(site) as llm:
        error = await failure(llm)

    assert isinstance(error, ProviderError)
    assert error.code == "garbage" or "broke off" in str(error)


async def test_a_redirect_is_not_followed_with_the_key(site: Site) -> None:
    site.pages["/chat/completions"] = response(b"", "302 Found", location=site.url("/elsewhere"))

    async with asked_at(site) as llm:
        error = await failure(llm)

    assert error.code == "refused"
    assert site.paths == ["/chat/completions"]


async def test_an_answer_without_end_is_left(llm: Llm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.providers.llm_answer.LONGEST_ANSWER", 40)

    assert isinstance(await failure(llm), Garbage)


async def test_a_body_without_end_is_left(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.providers.llm_transport.MOST_BYTES", 1_000)
    site.pages["/chat/completions"] = response(b"x" * 5_000, content_type="text/event-stream")

    async with asked_at(site) as llm:
        error = await failure(llm)

    assert isinstance(error, ProviderError)


async def test_a_compressed_answer_is_not_unpacked(site: Site) -> None:
    site.pages["/chat/completions"] = response(b"x", content_encoding="gzip")

    async with asked_at(site) as llm:
        error = await failure(llm)

    assert isinstance(error, ProviderError)
    assert site.headers("/chat/completions")["accept-encoding"] == "identity"


async def test_a_server_that_says_nothing_is_given_up(sandbox: Sandbox) -> None:
    model_of(sandbox)
    sandbox.switch("llm", delay_seconds=60)

    async with open_llm(sandbox, llm_timeout_seconds=0.3) as llm:
        error = await failure(llm)

    assert isinstance(error, ProviderError)
    assert "in time" in str(error)


async def test_a_stream_that_goes_silent_is_given_up(sandbox: Sandbox) -> None:
    model_of(sandbox, "stall")
    spending = Spending()

    async with open_llm(sandbox, llm_timeout_seconds=0.3) as llm:
        error = await failure(llm, spending=spending)

    assert isinstance(error, ProviderError)
    assert spending.usage.estimated


async def test_nobody_at_home_is_tried_again(sandbox: Sandbox) -> None:
    async with open_llm(sandbox, llm_base_url="http://127.0.0.1:9/v1") as llm:
        error = await failure(llm)

    assert isinstance(error, ProviderError)
    assert "cannot be reached" in str(error)


async def test_a_model_that_declines_ends_it(llm: Llm, sandbox: Sandbox) -> None:
    model_of(sandbox, "decline")

    error = await failure(llm)

    assert isinstance(error, Discard)
    assert error.code == "declined"
    assert "I can't help with that." in str(error)


async def test_being_cancelled_ends_the_stream_at_the_other_end_too(
    llm: Llm, sandbox: Sandbox
) -> None:
    peer = model_of(sandbox, "stall")
    begun, spending = asyncio.Event(), Spending()

    async def listen() -> None:
        async with llm.asking(GARDEN, spending) as answering:
            async for _ in answering:
                begun.set()

    listening = asyncio.create_task(listen())
    await begun.wait()
    listening.cancel()

    with pytest.raises(asyncio.CancelledError):
        await listening
    assert await asyncio.to_thread(peer.left.wait, 10)
    assert spending.usage.rounds == 1
    assert spending.usage.estimated


async def test_whoever_stops_listening_is_not_kept_waiting(llm: Llm, sandbox: Sandbox) -> None:
    peer = model_of(sandbox, "stall")

    async with llm.asking(GARDEN, Spending()) as answering:
        first = await anext(aiter(answering))

    assert first
    assert isinstance(answering, Answer)
    assert await asyncio.to_thread(peer.left.wait, 10)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what the SDK would take from the environment by itself."""
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.setenv(name, "http://somebody-elses")


async def test_only_the_settings_say_what_is_sent(
    environment: None, llm: Llm, sandbox: Sandbox
) -> None:
    await answer(llm)

    assert "somebody-elses" not in json.dumps(sandbox.calls("llm"))


def asked_at(site: Site) -> Llm:
    """Return a Llm whose model is whatever the site says."""
    values = {"llm_base_url": site.url(""), "llm_api_key": KEY, "llm_model": "any"}
    return Llm(JobsSettings.model_validate(values))
