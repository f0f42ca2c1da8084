"""Every field that A.5 documents (`fields.csv`): known, with its default, its bounds, and an effect."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from control_api.agents.document import canonical, merged
from control_api.agents.effects import EFFECTS
from control_api.agents.schemas import Config

with (Path(__file__).parent / "fields.csv").open(encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))
OURS = {"agent.flow_id", "inferencing_config", "tools"}
"""An extension, and two whole sections whose fields nobody documents."""


def _config(field: str | None = None, value: Any = None) -> dict[str, Any]:
    section, _, name = (field or "agent.description").partition(".")
    wish = canonical({section: {name: value}}) if field else {}
    return Config.model_validate(merged({"agent": {"name": "a"}}, wish)).model_dump(mode="json")


def _at(config: dict[str, Any], field: str) -> Any:
    section, _, name = field.partition(".")
    return config[section][name]


def _of(column: str) -> list[tuple[str, Any]]:
    return [(row["field"], json.loads(row[column])) for row in ROWS if row[column]]


def test_every_documented_field_has_an_effect_or_a_reason_and_no_other_is_there() -> None:
    assert {row["field"] for row in ROWS if not row["alias_of"]} == EFFECTS.keys() - OURS
    for field, effect in EFFECTS.items():
        assert len(effect.does) > 8, field


@pytest.mark.parametrize(("field", "value"), _of("default"))
def test_what_is_not_said_is_as_documented(field: str, value: Any) -> None:
    assert _at(_config(), field) == value


@pytest.mark.parametrize(("field", "step"), [("least", -1), ("most", 1)])
def test_bounds_are_as_documented(field: str, step: int) -> None:
    for name, bound in _of(field):
        assert _at(_config(name, bound), name) == bound
        with pytest.raises(ValidationError):
            _config(name, bound + step)


@pytest.mark.parametrize("row", [row for row in ROWS if row["alias_of"]], ids=lambda row: row["field"])
def test_an_alias_is_its_field(row: dict[str, str]) -> None:
    value = True if "auto" in row["field"] else "x"
    assert _at(_config(row["field"], value), row["alias_of"]) == value
