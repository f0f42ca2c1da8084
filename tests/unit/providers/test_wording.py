from typing import Any

import pytest

from flows.actions import ToolSpec
from pipeline.ports import LlmOptions, Message, ToolCall
from providers.anthropic.messages import request_of
from providers.openai.wording import ThoughtFilter, worded

OPENAI = "https://api.openai.com/v1"


@pytest.mark.parametrize(
    ("base_url", "model", "extra"),
    [
        (OPENAI, "gpt-4o-mini", None),
        (OPENAI, "gpt-5-mini", {"reasoning_effort": "minimal"}),
        (OPENAI, "gpt-5.2", {"reasoning_effort": "none"}),
        (OPENAI, "o4-mini", {"reasoning_effort": "low"}),
        ("https://openrouter.ai/api/v1", "anything/at-all", {"reasoning": {"enabled": False}}),
        ("https://api.groq.com/openai/v1", "qwen/qwen3-32b", {"reasoning_effort": "none"}),
        ("https://api.groq.com/openai/v1", "openai/gpt-oss-20b", {"reasoning_effort": "low"}),
        ("http://127.0.0.1:11434/v1", "qwen3:8b", {"reasoning_effort": "none"}),
        ("http://127.0.0.1:8000/v1", "Qwen/Qwen3-8B", {"chat_template_kwargs": {"enable_thinking": False}}),
        ("http://127.0.0.1:8000/v1", "llama-3", None),
    ],
)
def test_reasoning_is_turned_off_in_each_servers_words(base_url: str, model: str, extra: dict[str, Any] | None) -> None:
    assert worded({}, base_url, model, reasoning=False).get("extra_body") == extra
    assert "extra_body" not in worded({}, base_url, model, reasoning=True)


def test_openais_reasoning_models_are_asked_without_what_they_refuse() -> None:
    body = {"max_tokens": 9, "temperature": 0.2}
    assert worded(body, OPENAI, "gpt-5", reasoning=True) == {"max_completion_tokens": 9}
    assert worded(body, OPENAI, "gpt-4o", reasoning=True) == {"max_completion_tokens": 9, "temperature": 0.2}
    assert worded(body, "http://127.0.0.1/v1", "gpt-5", reasoning=True) == body


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        (["Hello", " there."], "Hello there."),
        (["<thi", "nk>Hm, ", "they</thi", "nk>\n\nHel", "lo."], "Hello."),
        (["<", "b>bold"], "<b>bold"),
        (["<think>for ever"], ""),
        (["<th"], "<th"),
        (["Hello <think>."], "Hello <think>."),
    ],
)
def test_what_is_thought_is_not_said(pieces: list[str], said: str) -> None:
    thoughts = ThoughtFilter()
    assert "".join([*(thoughts.feed(piece) for piece in pieces), thoughts.flush()]) == said


def _roles(body: dict[str, Any]) -> list[str]:
    return [message["role"] for message in body["messages"]]


def test_a_call_that_the_assistant_begins_begins_with_the_user_there() -> None:
    body = request_of([Message("system", "Be brief."), Message("assistant", "Hello.")], (), LlmOptions())
    assert body["system"] == "Be brief."
    assert _roles(body) == ["user", "assistant", "user"]
    assert _roles(request_of([Message("system", "Greet.")], (), LlmOptions())) == ["user"]


def test_results_of_tools_are_one_turn_of_the_user() -> None:
    calls = (ToolCall("a", "book", {"n": 1}), ToolCall("b", "book", {"n": 2}))
    messages = [
        Message("user", "two, please"),
        Message("assistant", "", tool_calls=calls),
        Message("tool", "ok", tool_call_id="a"),
        Message("tool", "ok", tool_call_id="b"),
    ]
    body = request_of(messages, [ToolSpec("book", "Book.", {"type": "object"})], LlmOptions(max_tokens=7, stop=("x",)))
    assert _roles(body) == ["user", "assistant", "user"]
    assert [block["id"] for block in body["messages"][1]["content"]] == ["a", "b"]
    assert [block["tool_use_id"] for block in body["messages"][2]["content"]] == ["a", "b"]
    assert (body["max_tokens"], body["stop_sequences"]) == (7, ["x"])
    assert body["tools"] == [{"name": "book", "description": "Book.", "input_schema": {"type": "object"}}]
    assert body["thinking"] == {"type": "disabled"}


def test_a_schema_is_asked_for() -> None:
    body = request_of([Message("user", "x")], (), LlmOptions(json_schema={"type": "object"}, reasoning=True))
    assert body["output_config"] == {"format": {"type": "json_schema", "schema": {"type": "object"}}}
    assert body["thinking"] == {"type": "adaptive"}
