"""What is said of a text: each row of `*.yaml` is a text and what a voice is given."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.speech.normalise import normalise

_HERE = Path(__file__).parent


def _rows() -> Iterator[Any]:
    for path in sorted(_HERE.glob("*.yaml")):
        for row in YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")):
            language = row.get("language", "en")
            yield pytest.param(row["text"], language, row["said"], id=f"{path.stem}: {row['text']} [{language}]")


@pytest.mark.parametrize(("text", "language", "said"), list(_rows()))
def test_a_text_is_said(text: str, language: str, said: str) -> None:
    spoken = normalise(text, language)
    assert spoken.said == said
    assert spoken.shown == text
    assert normalise(said, language).said == said, "a voice that normalises by itself finds nothing more to do"


def test_there_are_rows_for_every_kind() -> None:
    assert len(list(_rows())) >= 150
