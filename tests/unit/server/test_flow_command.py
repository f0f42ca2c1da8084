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


def test_run_takes_keys_and_the_screen_too(tmp_path: Path) -> None:
    flow = tmp_path / "f.yaml"
    flow.write_text(
        "id: f\ninitial_state: a\nstates:\n  a:\n    say: Hi\n    transitions: {on_action: {go: b}}\n  b: {say: Bye}\n"
    )
    said = '/ui\n/ui go [1]\n/ui go {\n/keys 12\n/ui go {"n": 3}\n'
    result = CliRunner().invoke(flow_group, ["run", str(flow)], input=said)
    assert "/keys 12#" in result.output
    assert "The data is a JSON object." in result.output
    assert "Not JSON:" in result.output
    assert "  n = 3\n  [b]\nbot> Bye\n  end: completed\n" in result.output


def test_run_plays_events_from_a_file(tmp_path: Path) -> None:
    events = tmp_path / "events.yaml"
    events.write_text("- heard: four\n- heard: the food\n- heard: yes please\n- wait_s: 100\n- heard: too late\n")
    result = CliRunner().invoke(flow_group, ["run", EXAMPLE, "--events", str(events)])
    assert result.exit_code == 0
    assert "heard> the food" in result.output
    assert "too late" not in result.output
    assert result.output.rstrip().endswith("end: timeout")


def test_a_file_of_events_with_a_slip_is_refused(tmp_path: Path) -> None:
    events = tmp_path / "events.yaml"
    events.write_text("- herd: four\n")
    result = CliRunner().invoke(flow_group, ["run", EXAMPLE, "--events", str(events)])
    assert result.exit_code == 1
    assert f"{events}:1:9: error scenario.unknown_key" in result.output


def test_run_shows_when_a_model_would_speak() -> None:
    result = CliRunner().invoke(flow_group, ["run", EXAMPLE, "--llm"], input='hm\n/tool rate {"rating": 4}\n')
    assert "(the language model speaks now)" in result.output


def test_graph_draws_svg() -> None:
    result = CliRunner().invoke(flow_group, ["graph", EXAMPLE, "-o", "svg"])
    assert result.output.startswith("<svg ")
    assert result.output.endswith("</svg>\n")


def scenario(folder: Path, state: str, flow: str = "survey") -> Path:
    path = folder / "survey.scenario.yaml"
    path.write_text(
        f"flow: {flow}\nsteps:\n  - heard: four\n    expect: {{state: {state}, variables: {{rating: 4}}}}\n"
    )
    return path


def test_a_scenario_that_holds_passes(tmp_path: Path) -> None:
    path = scenario(tmp_path, "best_part")
    result = CliRunner().invoke(flow_group, ["test", str(path)])
    assert result.output == f"{path}: ok\n1 passed, 0 failed\n"
    assert result.exit_code == 0


def test_a_scenario_that_does_not_hold_shows_the_difference_and_exits_with_one(tmp_path: Path) -> None:
    path = scenario(tmp_path, "thanks")
    result = CliRunner().invoke(flow_group, ["test", str(path)])
    assert result.exit_code == 1
    assert result.output == (
        f"{path}: FAILED\n  {path}:3: step 1 (heard 'four')\n    state\n      - thanks\n      + best_part\n"
        "0 passed, 1 failed\n"
    )


def test_a_scenario_finds_the_flow_beside_it_first(tmp_path: Path) -> None:
    (tmp_path / "survey.yaml").write_text("id: s\ninitial_state: a\nstates: {a: {say: Hi}}\n")
    path = tmp_path / "x.yaml"
    path.write_text("flow: survey\nsteps: [{expect: {state: a, says: Hi}}]\n")
    assert CliRunner().invoke(flow_group, ["test", str(path)]).exit_code == 0
    assert CliRunner().invoke(flow_group, ["test", str(path), "--flow", EXAMPLE]).exit_code == 1


def test_what_is_no_scenario_or_has_no_flow_exits_with_two(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    for text, message in (
        ("steps: [{herd: x}]\n", "scenario.unknown_key"),
        ("flow: survey\nscenarios: []\n", "not a scenario"),
        ("steps: []\n", "it names no flow"),
        ("flow: nowhere\nsteps: []\n", "there is no flow 'nowhere'"),
    ):
        path.write_text(text)
        result = CliRunner().invoke(flow_group, ["test", str(path)])
        assert result.exit_code == 2
        assert message in result.output


def test_a_flow_finds_the_flows_it_calls_beside_it(tmp_path: Path) -> None:
    (tmp_path / "outer.yaml").write_text(
        "id: outer\ninitial_state: a\nstates:\n  a: {call: {flow: inner, then: b}}\n  b: {say: Back again.}\n"
    )
    (tmp_path / "inner.yaml").write_text(
        "id: inner\ninitial_state: x\nstates:\n  x: {say: Inside., transitions: {on_action: {leave: __end__}}}\n"
    )
    (tmp_path / "broken.yaml").write_text("id: [\n")
    path = tmp_path / "x.scenario.yaml"
    path.write_text(
        "flow: outer\nsteps:\n  - expect: {says: Inside}\n  - {ui: {action: leave}, expect: {says: Back again}}\n"
    )
    result = CliRunner().invoke(flow_group, ["test", str(path)])
    assert result.exit_code == 0, result.output
