"""Talks through every example flow, as `scenarios/*.scenario.yaml` say; `antiphon flow test` runs the same files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.load import load
from flows.scenario import Scenario, parse_scenarios, run

SCENARIOS = Path(__file__).parent / "scenarios"


def all_scenarios() -> Iterator[Any]:
    for path in sorted(SCENARIOS.glob("*.scenario.yaml")):
        scenarios, findings = parse_scenarios(path.read_text())
        assert findings == ()
        for scenario in scenarios:
            yield pytest.param(scenario, id=f"{path.name.partition('.')[0]}: {scenario.name}")


@pytest.mark.parametrize("scenario", list(all_scenarios()))
def test_the_conversation_goes_so(scenario: Scenario) -> None:
    assert run(load(Path(scenario.flow).read_text()), scenario) == ()


def test_every_example_has_scenarios() -> None:
    examples = {path.stem for path in Path("examples/flows").glob("*.yaml")}
    assert examples == {path.name.partition(".")[0] for path in SCENARIOS.glob("*.scenario.yaml")}
    assert len(examples) == 6
