import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from flows.actions import ToolSpec
from kit.errors import ProviderError
from pipeline.ports import LanguageModel, LlmOptions, LlmUsage, Message, ToolCall
from providers.openai.chat import Deadlines
from providers.openai.llm import OpenAiLlm
from tests.support.vendors.http import KEY
from tests.support.vendors.openai import Answer, OpenAiServer, text, tool_call

HELLO = [Message("system", "Be brief."), Message("user", "Hi")]
BOOK = ToolSpec("book", "Book a table.", {"type": "object", "properties": {"people": {"type": "integer"}}})
_PORT: type[LanguageModel] = OpenAiLlm


@contextlib.asynccontextmanager
async def talking_to(
    *answers: Answer, key: str = KEY, deadlines: Deadlines | None = None
) -> AsyncIterator[tuple[OpenAiLlm, OpenAiServer]]:
    async with OpenAiServer(answers).running() as server:
        llm = OpenAiLlm(base_url=server.base_url, api_key=key, model="m", deadlines=deadlines or Deadlines())
        try:
            yield llm, server
        finally:
            await llm.aclose()


async def ask(llm: OpenAiLlm, *tools: ToolSpec) -> list[str | ToolCall]:
    pieces = llm.stream(HELLO, tools, LlmOptions(max_tokens=9, temperature=0.0))
    return [piece async for piece in pieces if not isinstance(piece, LlmUsage)]


async def test_text_comes_in_the_pieces_it_was_sent_in() -> None:
    async with talking_to(text("Hel", "lo", " there.")) as (llm, server):
        assert await ask(llm) == ["Hel", "lo", " there."]
    assert server.chats == [
        {
            "model": "m",
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": 9,
            "temperature": 0.0,
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
        }
    ]


async def test_a_tool_call_in_pieces_comes_once_it_is_whole() -> None:
    async with talking_to(tool_call("book", '{"peo', 'ple": 4', "}")) as (llm, server):
        assert await ask(llm, BOOK) == [ToolCall("call_1", "book", {"people": 4})]
    assert server.chats[0]["tools"][0]["function"]["name"] == "book"


async def test_two_tool_calls_in_one_answer_are_told_apart() -> None:
    pieces = [
        {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "book", "arguments": '{"people":1}'}}]},
        {"tool_calls": [{"index": 1, "id": "b", "function": {"name": "book", "arguments": '{"people"'}}]},
        {"tool_calls": [{"index": 1, "function": {"arguments": ":2}"}}]},
    ]
    async with talking_to(Answer(pieces, finish="tool_calls")) as (llm, _):
        assert await ask(llm, BOOK) == [ToolCall("a", "book", {"people": 1}), ToolCall("b", "book", {"people": 2})]


async def test_a_tools_result_goes_back_under_its_call() -> None:
    said = [
        Message("assistant", "", tool_calls=(ToolCall("call_1", "book", {"people": 4}),)),
        Message("tool", "done", tool_call_id="call_1"),
    ]
    async with talking_to(text("ok")) as (llm, server):
        assert [piece async for piece in llm.stream(said, (), LlmOptions())] == ["ok", LlmUsage(21, 7)]
    call = {"id": "call_1", "type": "function", "function": {"name": "book", "arguments": '{"people": 4}'}}
    assert server.chats[0]["messages"] == [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "content": "done", "tool_call_id": "call_1"},
    ]


@pytest.mark.parametrize(("status", "retryable"), [(400, False), (401, False), (404, False), (429, True), (500, True)])
async def test_a_refusal_says_whether_to_try_again(status: int, retryable: bool) -> None:
    async with talking_to(Answer(status=status)) as (llm, server):
        with pytest.raises(ProviderError, match=str(status)) as caught:
            await ask(llm)
    assert caught.value.retryable is retryable
    assert len(server.chats) == 1


async def test_a_wrong_key_is_not_tried_again() -> None:
    async with talking_to(text("never"), key="sk-wrong") as (llm, _):
        with pytest.raises(ProviderError, match="401") as caught:
            await ask(llm)
    assert not caught.value.retryable
    assert "sk-wrong" not in str(caught.value)


async def test_a_connection_closed_before_the_answer_is_tried_once_more() -> None:
    async with talking_to(Answer(gone=True), text("Hello"), Answer(gone=True), Answer(gone=True)) as (llm, server):
        assert await ask(llm) == ["Hello"]
        with pytest.raises(ProviderError):
            await ask(llm)
    assert len(server.chats) == 4


async def test_nobody_there_is_worth_another_try() -> None:
    llm = OpenAiLlm(base_url="http://127.0.0.1:9/v1", api_key="", model="m")
    with pytest.raises(ProviderError) as caught:
        await ask(llm)
    assert caught.value.retryable


async def test_a_stall_before_the_first_piece_ends_at_its_deadline() -> None:
    deadlines = Deadlines(first_s=0.1, total_s=5)
    async with talking_to(Answer(deaf=True), deadlines=deadlines) as (llm, _):
        with pytest.raises(ProviderError) as caught:
            await ask(llm)
    assert caught.value.code == "provider.timeout"


async def test_a_stall_in_the_middle_ends_at_the_total_deadline() -> None:
    deadlines = Deadlines(first_s=1, total_s=0.3)
    async with talking_to(Answer([{"content": "Hel"}, None]), deadlines=deadlines) as (llm, server):
        answer = llm.stream(HELLO, (), LlmOptions())
        assert await anext(answer) == "Hel"
        with pytest.raises(ProviderError) as caught:
            await anext(answer)
        await asyncio.wait_for(server.hung_up.wait(), 1)
    assert caught.value.code == "provider.timeout"


@pytest.mark.parametrize("answer", [Answer([{"content": "Hel"}], cut=True), Answer([{"content": "Hel"}], finish=None)])
async def test_an_answer_cut_off_is_an_error_after_what_came(answer: Answer) -> None:
    async with talking_to(answer) as (llm, _):
        pieces = llm.stream(HELLO, (), LlmOptions())
        assert await anext(pieces) == "Hel"
        with pytest.raises(ProviderError) as caught:
            await anext(pieces)
    assert caught.value.retryable


async def test_a_tool_call_cut_off_is_never_made() -> None:
    half = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "book", "arguments": '{"people": 4'}}]}
    async with talking_to(Answer([half], cut=True)) as (llm, _):
        with pytest.raises(ProviderError):
            await ask(llm, BOOK)


async def test_cancelling_closes_the_connection_within_50_ms() -> None:
    async with talking_to(Answer([{"content": "Hel"}, None])) as (llm, server):
        first = asyncio.Event()

        async def listen() -> None:
            async for _ in llm.stream(HELLO, (), LlmOptions()):
                first.set()

        async with asyncio.TaskGroup() as group:
            listener = group.create_task(listen())
            await asyncio.wait_for(first.wait(), 2)
            loop = asyncio.get_running_loop()
            started_s = loop.time()
            listener.cancel()
            await asyncio.wait_for(server.hung_up.wait(), 1)
            assert loop.time() - started_s < 0.05


async def test_closing_the_iterator_closes_the_connection() -> None:
    async with talking_to(Answer([{"content": "Hel"}, None])) as (llm, server):
        pieces = llm.stream(HELLO, (), LlmOptions())
        assert await anext(pieces) == "Hel"
        await pieces.aclose()
        await asyncio.wait_for(server.hung_up.wait(), 1)
