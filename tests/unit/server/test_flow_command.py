"""`antiphon flow` in the terminal."""

from pathlib import Path

from click.testing import CliRunner

from server.flow_command import flow_group

EXAMPLE = "examples/flows/survey.yaml"


def test_check_prints_where_and_exits_with_one(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("id: f\ninitial_state: a\nstates:\n  a: {transitions: {on_action: {go: b}}}\n")
    result = CliRunner().invoke(flow_group, ["check", EXAMPLE, str(broken)])
    assert result.exit_code == 1
    assert f"{EXAMPLE}: ok" in result.output
    assert f"{broken}:4:33: error check.unknown_target: There is no state 'b'." in result.output


def test_check_is_content_with_warnings(tmp_path: Path) -> None:
    odd = tmp_path / "odd.yaml"
    odd.write_text('id: f\ninitial_state: a\nstates:\n  a: {say: "{x}"}\n')
    result = CliRunner().invoke(flow_group, ["check", str(odd)])
    assert result.exit_code == 0
    assert "warning check.undeclared_placeholder" in result.output


def test_run_talks_until_the_end() -> None:
    said = "four\nthe food\nyes\nit was lovely\n"
    result = CliRunner().invoke(flow_group, ["run", EXAMPLE, "--today", "2026-11-22"], input=said)
    assert result.exit_code == 0
    assert 'best_part = "food"' in result.output
    assert result.output.rstrip().endswith("end: completed")


def test_run_takes_an_empty_line_for_silence() -> None:
    result = CliRunner().invoke(flow_group, ["run", EXAMPLE], input="\n\n\n")
    assert "Please say one, two, three, four, or five." in result.output
    assert result.output.rstrip().endswith("end: timeout")


def test_graph_draws_mermaid() -> None:
    result = CliRunner().invoke(flow_group, ["graph", EXAMPLE, "-o", "mermaid"])
    assert result.output.startswith("flowchart TD\n")


def test_a_broken_file_cannot_be_run(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("id: [")
    result = CliRunner().invoke(flow_group, ["run", str(broken)])
    assert result.exit_code == 1
    assert "error parse.syntax" in result.output
