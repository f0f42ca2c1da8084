"""Editing a document's text: only what has to change does."""

import copy
import random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flows.document import to_json
from flows.edit import EditError, apply, from_json
from flows.load import load
from flows.tree import Node, read
from tests.unit.flows.written import Writer, at, paths_of

TEXT = """\
# Our first flow.
id: hello   # never change this
version: '1.0'

initial_state: greet
states:
  # It begins here.
  greet:
    say: "Hello there."  # friendly
    reprompt:
      - Sorry?
      # the second time
      - 'Once more, please.'
    ui: {artifact_type: card, title: Hi}
  bye:
    say: |
      Thank you.
      Goodbye.
"""
VALUES: tuple[Any, ...] = (
    "new", "no", "it's: # x", "a\nb\n", "one\n\ntwo", "", " x ", "x" * 130, "two words " * 20, 5, 2.5, True, None,
    [1, "b"], {"k": "v", "l": [1]}, {}, [], ["y" * 60, {"a": "b\nc"}],
)  # fmt: skip
SEEDS = st.integers(0, 2**32)


def changed(**paths: Any) -> Any:
    document = to_json(TEXT)
    for path, value in paths.items():
        *way, name = path.split("__")
        holder = at(document, tuple(way))
        if value is ...:
            del holder[name]
        else:
            holder[name] = value
    return document


def edited(old: str, new: str, **paths: Any) -> None:
    """The change gives TEXT with `old` replaced by `new`, and nothing else."""
    assert TEXT.count(old) == 1
    assert apply(TEXT, changed(**paths)) == TEXT.replace(old, new)


def test_a_scalar_keeps_its_quotes_and_its_comment() -> None:
    edited('"Hello there."', '"Good morning."', states__greet__say="Good morning.")
    edited("'1.0'", "'1.1'", version="1.1")
    edited("id: hello ", "id: bonjour ", id="bonjour")


def test_a_word_that_would_be_no_text_gets_quotes() -> None:
    edited("id: hello ", "id: 'no' ", id="no")
    edited("id: hello ", "id: 'a: b' ", id="a: b")
    edited("id: hello ", "id: '12:30' ", id="12:30")


def test_a_block_text_stays_one() -> None:
    edited("      Goodbye.\n", "      Good night.\n", states__bye__say="Thank you.\nGood night.\n")
    edited(
        "|\n      Thank you.\n      Goodbye.\n", "|-\n      Thanks.\n\n      Bye.\n", states__bye__say="Thanks.\n\nBye."
    )
    edited("|\n      Thank you.\n      Goodbye.\n", '" x"\n', states__bye__say=" x")
    edited("|\n      Thank you.\n      Goodbye.\n", "null\n", states__bye__say=None)


def test_a_folded_text_is_wrapped_as_wide_as_it_was() -> None:
    text = "id: a\nsay: >\n  one two three\n  four five\nx: 1\n"
    new = apply(text, {"id": "a", "say": "one two three six seven eight\nnine\n", "x": 1})
    assert new == "id: a\nsay: >\n  one two three\n  six seven\n  eight\n\n  nine\nx: 1\n"
    new = apply(text, {"id": "a", "say": "one\n two\n", "x": 1})
    assert new == 'id: a\nsay: "one\\n two\\n"\nx: 1\n'


def test_a_new_key_goes_to_the_end_of_its_mapping_in_the_files_manner() -> None:
    edited("title: Hi}\n", "title: Hi}\n    endpointing: default\n", states__greet__endpointing="default")
    edited("title: Hi}", "title: Hi, note: [1]}", states__greet__ui__note=[1])
    edited(
        "      Goodbye.\n",
        "      Goodbye.\n    tools:\n      t:\n        description: 'Yes'\n    on_enter:\n      - emit: x\n",
        states__bye__tools={"t": {"description": "Yes"}},
        states__bye__on_enter=[{"emit": "x"}],
    )


def test_a_removed_key_takes_its_comments_along() -> None:
    head, middle = TEXT.index("  # It begins"), TEXT.index("  bye:")
    assert apply(TEXT, changed(states__greet=...)) == TEXT[:head] + TEXT[middle:]
    edited("version: '1.0'\n", "", version=...)
    edited(", title: Hi", "", states__greet__ui__title=...)


def test_lists_grow_and_shrink_in_place() -> None:
    edited("      # the second time\n      - 'Once more, please.'\n", "", states__greet__reprompt=["Sorry?"])
    edited("      - Sorry?\n", "", states__greet__reprompt=["Once more, please."])
    edited(
        "      - Sorry?\n",
        "      - Sorry?\n      - What?\n",
        states__greet__reprompt=["Sorry?", "What?", "Once more, please."],
    )
    edited(
        "      - Sorry?\n",
        "      - What?\n      - Sorry?\n",
        states__greet__reprompt=["What?", "Sorry?", "Once more, please."],
    )


def test_a_renamed_key_keeps_its_place_and_comments() -> None:
    document = changed()
    document["states"] = {"welcome": document["states"]["greet"], "bye": document["states"]["bye"]}
    document["initial_state"] = "welcome"
    assert apply(TEXT, document) == TEXT.replace(" greet", " welcome")


def test_the_order_of_keys_is_the_texts() -> None:
    document = changed()
    assert apply(TEXT, dict(reversed(document.items()))) == TEXT


def test_a_value_may_become_a_list_and_a_list_a_value() -> None:
    edited('"Hello there."', "[Hi, there]", states__greet__say=["Hi", "there"])
    start, end = TEXT.index("\n      - Sorry?"), TEXT.index("\n    ui:")
    assert apply(TEXT, changed(states__greet__reprompt="What?")) == f"{TEXT[:start]} What?{TEXT[end:]}"
    long = ["x" * 50, "y" * 50]
    edited(
        ' "Hello there."  # friendly\n',
        f" # friendly\n      - {long[0]}\n      - {long[1]}\n",
        states__greet__say=long,
    )


@pytest.mark.parametrize(
    ("text", "document", "wanted"),
    [
        ("id: a\nx:\n", {"id": "a", "x": 1}, "id: a\nx: 1\n"),
        ("id: a\nx: # why\n", {"id": "a", "x": [1]}, "id: a\nx: [1] # why\n"),
        ("id: a\nx: {a, b: }\n", {"id": "a", "x": {"a": 1, "b": 2}}, "id: a\nx: {a: 1, b: 2}\n"),
        ("id: a\nx:\n-\n- 2", {"id": "a", "x": [1, 2, 3]}, "id: a\nx:\n- 1\n- 2\n- 3\n"),
        ("id: a\nx: |\n  b", {"id": "a", "x": "b", "u": 1}, "id: a\nx: |-\n  b\nu: 1\n"),
        ("id: a\r\nx: 1\r\n", {"id": "a", "x": 1, "u": {"z": 2}}, "id: a\r\nx: 1\r\nu:\r\n  z: 2\r\n"),
        ("id: a\nx: [1, # one\n  2, # two\n  3]\n", {"id": "a", "x": [1, 2]}, "id: a\nx: [1, # one\n  2, # two\n  ]\n"),
        ("id: a\nx: [\n  1, # one\n  2 # two\n]\n", {"id": "a", "x": [1]}, "id: a\nx: [\n  1, # one\n]\n"),
        ("id: a\nx: [\n  1 # one\n]\n", {"id": "a", "x": [1, 2]}, "id: a\nx: [\n  1, # one\n  2\n]\n"),
        ("id: a\nx: [\n  1, # one\n]\n", {"id": "a", "x": [1, 2]}, "id: a\nx: [\n  1, # one\n  2,\n]\n"),
        ("id: a\nx: [b]\n", {"id": "a", "x": ["c", "b"]}, "id: a\nx: [c, b]\n"),
        ("id: a\nx:\n- b: 1\n  c: 2\n", {"id": "a", "x": [{"c": 2}]}, "id: a\nx:\n- c: 2\n"),
        ("id: a\nx:\n- b: 1\n  # c\n  c: 2\n", {"id": "a", "x": [{"c": 2}]}, "id: a\nx:\n-\n  # c\n  c: 2\n"),
        ("id: a\nx:\n- - 1\n  - 2\n", {"id": "a", "x": [[0, 1, 2]]}, "id: a\nx:\n- - 0\n  - 1\n  - 2\n"),
        ("id: a\nx: !!str 5\n", {"id": "a", "x": "6"}, 'id: a\nx: "6"\n'),
        ("\ufeffid: a\n", {"id": "b"}, "\ufeffid: b\n"),
        ("id: a\nx: # the box\n  b: 1\n", {"id": "a", "x": {"c": 2}}, "id: a\nx: # the box\n  c: 2\n"),
        (
            "id: a\nx: # the box\n  b: 1 # gone\n", {"id": "a", "x": ["b\nc"]},
            "id: a\nx: # the box\n  - |-\n    b\n    c\n",
        ),
        ("id: a\nx: # the box\n  b: 1\n", {"id": "a", "x": {}}, "id: a\nx: {} # the box\n"),
        ("id: a\nx: | # old\n  b\n", {"id": "a", "x": 1}, "id: a\nx: 1 # old\n"),
        ("id: a\nx: |+\n  b\n\ny: 1\n\nz: 2\n", {"id": "a", "x": "b\n\n", "z": 2}, "id: a\nx: |+\n  b\n\nz: 2\n"),
    ],
)  # fmt: skip
def test_odd_corners_are_edited_in_place(text: str, document: dict[str, Any], wanted: str) -> None:
    assert apply(text, document) == wanted


def test_json_stays_json() -> None:
    text = '{\n\t"id": "a",\n\t"states": {"b": {"say": "Hi"}}\n}\n'
    document = to_json(text)
    document["states"]["b"]["say"] = 'Say "hi"\n'
    document["version"] = "1"
    document["states"]["c"] = {"say": ["x" * 60, "y" * 60]}
    changed_text = apply(text.replace("\t", "  "), document)
    assert changed_text == (
        '{\n  "id": "a",\n  "states": {"b": {"say": "Say \\"hi\\"\\n"}, "c": {\n'
        '    "say": [\n'
        f'      "{"x" * 60}",\n      "{"y" * 60}"\n    ]\n  }}}},\n'
        '  "version": "1"\n}\n'
    )


def test_a_new_text_is_made_from_json() -> None:
    document = to_json(TEXT)
    written = from_json(document)
    assert to_json(written) == document
    assert load(written).states["bye"].say == ("Thank you.\nGoodbye.",)
    with pytest.raises(EditError):
        from_json({"states": {}})


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("id: [", {"id": "a"}),
        ("- a\n", {"id": "a"}),
        ("id: a\n", {}),
        ("id: a\n", {"name": "b", "x": 1}),
        ("id: a\n", {"id": float("nan")}),
        ("id: a\n", {"id": {1, 2}}),
        ("id: a\n", {"id": 10**30}),
        ("id: [x: 1]\n", {"id": [{"x": 1, "y": 2}]}),
    ],
)
def test_what_cannot_be_done_without_harm_is_refused(text: str, document: dict[str, Any]) -> None:
    with pytest.raises(EditError) as caught:
        apply(text, document)
    assert caught.value.code == "flow.edit_refused"


@settings(max_examples=2000, deadline=None)
@given(SEEDS)
def test_json_and_back_is_the_same_text_byte_for_byte(seed: int) -> None:
    text = Writer(seed).text
    assert apply(text, copy.deepcopy(to_json(text))).encode() == text.encode()


def lines_of(root: Node, path: tuple[Any, ...], text: str) -> tuple[int, int]:
    """The first and last line of what is at `path`, from 0, its key included."""
    first, node = root.line, root
    for key in path:
        first = node.keys[key][0] if isinstance(node.value, dict) else node.value[key].line
        node = node.value[key]
    last = max(node.line, first)
    if node.value is not None and node.end > node.start:
        keeps = node.style in ("|", ">") and "+" in text[node.start : node.start + 3]
        upto = text[: node.end] if keeps else text[: node.end].rstrip()
        last = max(last, len(upto.splitlines()))
    return first - 1, last


@settings(max_examples=500, deadline=None)
@given(SEEDS, st.sampled_from(VALUES))
def test_one_changed_field_changes_only_its_own_lines(seed: int, value: Any) -> None:
    text = Writer(seed).text
    document = to_json(text)
    choices = [path for path in paths_of(document) if path and not isinstance(at(document, path), (dict, list))]
    assume(choices)
    path = random.Random(seed).choice(choices)
    at(document, path[:-1])[path[-1]] = value
    new = apply(text, document)
    assert to_json(new) == document
    first, last = lines_of(read(text), path, text)
    before, after = text.splitlines(keepends=True), new.splitlines(keepends=True)
    assert after[:first] == before[:first]
    rest = before[last:]
    assert not rest or after[-len(rest) :] == rest


def is_within(few: list[str], many: list[str]) -> bool:
    """Whether `few` stand in `many` in this order."""
    rest = iter(many)
    return all(any(line == other for other in rest) for line in few)


@settings(max_examples=500, deadline=None)
@given(SEEDS, st.sampled_from(VALUES))
def test_a_key_added_and_removed_leaves_the_lines_of_the_others_alone(seed: int, value: Any) -> None:
    text = Writer(seed).text
    document = to_json(text)
    holders = [path for path in paths_of(document) if at(document, path) and isinstance(at(document, path), dict)]
    path = random.Random(seed).choice(holders)
    at(document, path)["brand_new"] = value
    grown = apply(text, document)
    assert to_json(grown) == document
    node = read(text)
    for key in path:
        node = node.value[key]
    if node.style == "block":
        last_line_may_gain_its_break = [line for line in text.splitlines() if line.strip()]
        assert is_within(
            [line for line in last_line_may_gain_its_break if "|" not in line and ">" not in line], grown.splitlines()
        )
    del at(document, path)["brand_new"]
    shrunk = apply(grown, document)
    assert to_json(shrunk) == document
    if node.style == "block" and text.endswith("\n"):
        assert shrunk == text


@settings(max_examples=500, deadline=None)
@given(SEEDS, st.data())
def test_any_change_gives_exactly_the_wanted_content_or_is_refused(seed: int, data: st.DataObject) -> None:
    text = Writer(seed).text
    document = to_json(text)
    shaken = random.Random(data.draw(SEEDS))
    for _ in range(shaken.randint(1, 4)):
        path = shaken.choice(paths_of(document))
        holder = at(document, path)
        if isinstance(holder, dict):
            if holder and shaken.random() < 0.5 and (path or len(holder) > 1):
                del holder[shaken.choice(list(holder))]
            else:
                holder[shaken.choice(("id", "new", "x y"))] = copy.deepcopy(shaken.choice(VALUES))
        elif isinstance(holder, list):
            shaken.shuffle(holder)
            holder[shaken.randint(0, len(holder)) :] = [copy.deepcopy(shaken.choice(VALUES))]
    try:
        new = apply(text, document)
    except EditError:
        return
    assert to_json(new) == document
