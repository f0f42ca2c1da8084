import os
from pathlib import Path

import pytest

from flows.load import FlowError
from kit.errors import InputError, NotFoundError
from server.flow_store import MAX_FLOW_BYTES, FlowStore

HELLO = """\
id: hello_flow
version: "1.0.0"
description: Says hello.
initial_state: hello
states:
  hello:
    say: Hello.
    transitions:
      on_utterance:
        - pattern: bye
          target: __end__
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hello.yaml").write_text(HELLO)
    (tmp_path / "broken.yaml").write_text("states: [")
    (tmp_path / "notes.txt").write_text("not a flow")
    (tmp_path / "-odd name.yaml").write_text(HELLO)
    return tmp_path


def _edit(file: Path, text: str) -> None:
    """Write a file so that its time differs even on a coarse clock."""
    stat = file.stat()
    file.write_text(text)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000_000))


def test_flows_are_found_by_stem_and_by_id(folder: Path) -> None:
    store = FlowStore(folder)
    assert store.names() == ["broken", "hello"]
    assert store.flow("hello") is store.flow("hello_flow")
    (summary,) = store.summaries()
    assert (summary.name, summary.id, summary.states) == ("hello", "hello_flow", 1)


def test_a_flow_is_given_as_a_document_and_as_a_graph(folder: Path) -> None:
    store = FlowStore(folder)
    assert store.document("hello")["states"]["hello"]["say"] == "Hello."
    graph = store.graph("hello_flow")
    assert (graph["flow_id"], graph["initial_state"]) == ("hello_flow", "hello")
    assert [node["id"] for node in graph["nodes"]] == ["hello", "__end__"]
    assert graph["edges"][0] == {"source": "hello", "target": "__end__", "kind": "utterance", "label": "bye"}


def test_a_changed_file_is_read_again_and_a_running_call_keeps_its_version(folder: Path) -> None:
    store = FlowStore(folder)
    running = store.flow("hello")
    _edit(folder / "hello.yaml", HELLO.replace("Hello.", "Good day."))
    assert store.flow("hello").states["hello"].say == ("Good day.",)
    assert running.states["hello"].say == ("Hello.",)


def test_a_file_that_is_mended_can_be_called(folder: Path) -> None:
    store = FlowStore(folder)
    with pytest.raises(FlowError) as broken:
        store.flow("broken")
    assert broken.value.code == "flow.invalid"
    assert set(store.problems()) == {"broken"}
    _edit(folder / "broken.yaml", HELLO.replace("hello_flow", "mended"))
    assert store.flow("mended").id == "mended"
    assert store.problems() == {}


def test_a_removed_file_is_gone(folder: Path) -> None:
    store = FlowStore(folder)
    store.flow("hello")
    (folder / "hello.yaml").unlink()
    for name in ("hello", "hello_flow"):
        with pytest.raises(NotFoundError):
            store.flow(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../hello", "/etc/passwd", "hello/../hello", "a\0b", "x" * 300, "~", "-odd name", "hello\n"]
)
def test_a_name_never_leaves_the_folder(folder: Path, name: str) -> None:
    inner = folder / "inner"
    inner.mkdir()
    with pytest.raises(NotFoundError) as refusal:
        FlowStore(inner).document(name)
    assert refusal.value.code == "flow.not_found"
    with pytest.raises(NotFoundError):
        FlowStore(folder).document(name)


def test_a_file_that_is_not_text_or_too_large_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "huge.yaml").write_bytes(b"#" * (MAX_FLOW_BYTES + 1))
    store = FlowStore(tmp_path)
    for name in ("binary", "huge"):
        with pytest.raises(InputError) as refusal:
            store.flow(name)
        assert refusal.value.code == "flow.invalid"


def test_a_missing_folder_has_no_flows(tmp_path: Path) -> None:
    store = FlowStore(tmp_path / "nowhere")
    assert (store.names(), store.summaries()) == ([], [])


def test_a_flow_that_calls_others_gets_them_as_they_are_now(folder: Path) -> None:
    calling = HELLO.split("    say:")[0].replace("hello_flow", "caller")
    (folder / "caller.yaml").write_text(f"{calling}    call: {{flow: hello_flow, then: __end__}}\n")
    store = FlowStore(folder)
    library = store.flow("caller").library
    assert library["hello"] is library["hello_flow@1.0.0"] is store.flow("hello")
    assert store.flow("hello").library == {}
