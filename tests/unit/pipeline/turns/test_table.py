from pathlib import Path

import pytest

from pipeline.turns.table import Row, render, rows

PAGE = Path(__file__).parents[4] / "docs" / "turns.md"
MARK = "<!-- What follows is printed by: python -m pipeline.turns.table -->\n\n"
ROWS = list(rows())


def test_the_page_says_what_the_owner_does() -> None:
    _, mark, printed = PAGE.read_text().partition(MARK)
    assert mark, "the mark is there"
    assert printed == render(), "replace what follows the mark by what the command prints"


@pytest.mark.parametrize("phase", ["listening", "hearing", "deciding", "thinking", "speaking", "ducked"])
def test_every_phase_is_entered_and_left(phase: str) -> None:
    assert any(row.phase == phase and row.next_phase != phase for row in ROWS)
    assert any(row.next_phase == phase and row.phase != phase for row in ROWS)


@pytest.mark.parametrize("row", [row for row in ROWS if row.next_phase not in ("listening", "speaking")], ids=str)
def test_every_wait_has_a_deadline(row: Row) -> None:
    assert row.wait
