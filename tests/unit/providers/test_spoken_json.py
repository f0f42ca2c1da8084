import json

from hypothesis import given
from hypothesis import strategies as st

from flows.actions import ToolSpec
from pipeline.ports import Message, ToolCall
from providers.embedded.spoken_json import answer_schema, said_so_far, tool_wanted, with_tools

BOOK = ToolSpec(
    "book",
    "Book a table.",
    {
        "type": "object",
        "properties": {"people": {"type": "integer", "description": "How many", "minimum": 1}},
        "required": ["people"],
    },
)


@given(st.text(), st.integers(0, 400), st.booleans())
def test_the_spoken_part_only_ever_grows_towards_what_was_written(said: str, cut: int, ascii_only: bool) -> None:
    whole = json.dumps({"say": said, "tool": None, "arguments": {}}, ensure_ascii=ascii_only)
    assert said.startswith(said_so_far(whole[:cut]))
    assert said_so_far(whole) == said


def test_half_an_escape_is_not_spoken() -> None:
    assert said_so_far('{"say": "caf\\u00') == "caf"
    assert said_so_far('{"say": "one\\') == "one"
    assert said_so_far('{"say": "\\ud83d') == ""
    assert said_so_far('{"say": "\\ud83d\\ude00') == "😀"


def test_a_tool_is_called_only_if_it_is_named() -> None:
    wanted = '{"say": "ok", "tool": "book", "arguments": {"people": 4}}'
    assert tool_wanted(wanted, "c1") == ToolCall("c1", "book", {"people": 4})
    assert tool_wanted('{"say": "ok", "tool": null, "arguments": {}}', "c1") is None
    assert tool_wanted("nonsense", "c1") is None


def test_the_schema_ties_each_tool_to_its_own_arguments() -> None:
    silent, book = answer_schema([BOOK])["anyOf"]
    assert silent["properties"]["tool"] == {"type": "null"}
    assert book["properties"]["tool"] == {"const": "book"}
    people = {"type": "object", "required": ["people"], "properties": {"people": {"type": "integer"}}}
    assert book["properties"]["arguments"] == people
    assert list(book["properties"]) == ["say", "tool", "arguments"]


def test_tools_are_told_in_the_one_system_prompt() -> None:
    told = with_tools([Message("system", "Be brief."), Message("user", "Hi")], [BOOK])
    assert [message.role for message in told] == ["system", "user"]
    assert told[0].content.startswith("Be brief.\n\n")
    assert "- book: Book a table." in told[0].content
    assert with_tools([Message("user", "Hi")], [BOOK])[0].role == "system"
    assert with_tools([Message("user", "Hi")], []) == [Message("user", "Hi")]


def test_past_tool_calls_are_shown_in_the_format_of_answers() -> None:
    said = [
        Message("assistant", "", tool_calls=(ToolCall("c", "book", {"people": 4}),)),
        Message("tool", "done", tool_call_id="c"),
    ]
    shown = with_tools(said, [])
    assert tool_wanted(shown[0].content, "c") == ToolCall("c", "book", {"people": 4})
    assert shown[1] == Message("user", "(Result of the tool: done)")
