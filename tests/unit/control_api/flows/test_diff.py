import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from control_api.flows import diff
from control_api.flows.diff import unified

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=12).map("\n".join)


def test_alike_texts_differ_in_nothing() -> None:
    assert unified("a\nb\n", "a\nb\n", "1", "2") == ""


def test_a_changed_line_is_shown_with_its_surroundings() -> None:
    old, new = "a\nb\nc\nd\ne\nf\n", "a\nb\nc\nD\ne\nf\n"
    assert unified(old, new, "version 1", "version 2") == (
        "--- version 1\n+++ version 2\n@@ -1,6 +1,6 @@\n a\n b\n c\n-d\n+D\n e\n f\n"
    )


def test_a_missing_line_break_at_the_end_is_told() -> None:
    assert unified("a\n", "a", "1", "2").endswith("-a\n+a\n\\ No newline at end of file\n")


def test_very_large_and_very_different_texts_are_one_change() -> None:
    old = "head\n" + "".join(f"old {n}\n" for n in range(3_000)) + "tail\n"
    new = "head\n" + "".join(f"new {n}\n" for n in range(3_000)) + "tail\n"
    lines = unified(old, new, "1", "2").splitlines()
    assert lines[2:5] == ["@@ -1,3002 +1,3002 @@", " head", "-old 0"]
    assert (lines[-2:], len(lines)) == (["+new 2999", " tail"], 3 + 6_002)


@pytest.mark.parametrize("limit", [0, 4_000_000])
@settings(deadline=None)  # the work is the same however busy the machine is
@given(old=TEXTS, new=TEXTS)
def test_a_diff_applied_to_the_old_text_gives_the_new(old: str, new: str, limit: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(diff, "_MAX_COMPARED", limit)
        assert _applied(old, unified(old, new, "1", "2")) == new


def _applied(old: str, changes: str) -> str:
    """Apply a diff: keep what lies between its hunks, and of each hunk the lines that stay or are new."""
    lines, out, done = changes.splitlines(keepends=True)[2:], list[str](), 0
    before = old.splitlines(keepends=True)
    for index, line in enumerate(lines):
        if line.startswith("@@"):
            start, _, count = line.split()[1].removeprefix("-").partition(",")
            first = int(start) - (count != "0")
            out += before[done:first]
            done = first
        elif line[0] in " +":
            ends_here = index + 1 < len(lines) and lines[index + 1].startswith("\\")
            out.append(line[1:].removesuffix("\n") if ends_here else line[1:])
        done += line[0] in " -"
    return "".join(out + before[done:])
