"""The caller scripts of the examples."""

from pathlib import Path

import pytest

from server.caller.script import read_script

_EXAMPLES = Path(__file__).parents[4] / "examples"


@pytest.mark.parametrize("path", sorted((_EXAMPLES / "callers").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_caller_script_reads_and_names_its_flow(path: Path) -> None:
    script = read_script(path)
    assert script.flow == path.stem
    assert script.expect.variables


def test_each_example_flow_has_a_caller() -> None:
    flows = {path.stem for path in (_EXAMPLES / "flows").glob("*.yaml")}
    assert flows <= {path.stem for path in (_EXAMPLES / "callers").glob("*.yaml")}
