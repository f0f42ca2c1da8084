"""Reading text as a tree: the fast scanner and the precise one agree."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.tree import Node, TreeError, plain, read
from tests.unit.flows.written import Writer

# A line separator of YAML 1.1 sends a text to the parser in Python.
SLOW = "\n# \u2028\n"


def seen(node: Node, path: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    is_empty = node.value is None and not node.text  # each scanner has its own idea where nothing stands
    found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    found[path] = (
        () if is_empty else (node.line, node.column, node.start, node.style, node.text, tuple(node.keys.items()))
    )
    if isinstance(node.value, (dict, list)):
        pairs = node.value.items() if isinstance(node.value, dict) else enumerate(node.value)
        for key, child in pairs:
            found |= seen(child, (*path, key))
    return found


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_both_scanners_see_the_same_document_at_the_same_places(seed: int) -> None:
    text = Writer(seed).text.removesuffix("\n") + "\n\nlast: 1\n"
    fast, precise = read(text), read(text + SLOW)
    assert plain(fast) == plain(precise)
    assert seen(fast) == seen(precise)


@pytest.mark.parametrize("text", ["a: \x01", "a: '\ud800'", "a: [1", "\x00", "? [a]\n: b", "a:\n\t- b"])
def test_a_text_that_no_scanner_takes_is_a_finding(text: str) -> None:
    with pytest.raises(TreeError) as caught:
        read(text)
    assert caught.value.finding.code.startswith("parse.")


def test_what_only_yaml_1_2_allows_is_read() -> None:
    assert plain(read('{"a":"\\ud83d\\ude00","b":1}')) == {"a": "😀", "b": 1}
    assert plain(read("a: b\u2028c\n")) == {"a": "b\u2028c"}


@pytest.mark.parametrize("line", ["\u2028", ""])
@pytest.mark.parametrize(
    ("text", "code"),
    [("a: *b", "parse.alias"), ("a: 1\n---\nb: 1", "parse.many_documents"), ("? [a]\n: b", "parse.bad_key")],
)
def test_both_scanners_refuse_the_same(text: str, code: str, line: str) -> None:
    with pytest.raises(TreeError) as caught:
        read(f"{text} # {line}\n")
    assert caught.value.finding.code == code


def test_an_empty_text_is_no_document_for_either_scanner() -> None:
    for text in ("", "# nothing\n", "# \u2028\n"):
        with pytest.raises(TreeError) as caught:
            read(text)
        assert caught.value.finding.code == "parse.empty"


def test_words_numbers_and_tags_have_their_values() -> None:
    values = plain(
        read("[~, Null, TRUE, False, -7, 0x10, 1e3, .5, 12., !!str 5, 'true', 00:10, 1234567890123456789012]")
    )
    assert values == [
        None,
        None,
        True,
        False,
        -7,
        "0x10",
        1000.0,
        0.5,
        12.0,
        "5",
        "true",
        "00:10",
        "1234567890123456789012",
    ]
