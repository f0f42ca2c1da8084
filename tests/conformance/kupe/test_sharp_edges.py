"""Every sharp edge that the documents name has a test (`sharp_edges.csv`): the table names tests that are there."""

import ast
import csv
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]


@cache
def _tests_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_edge_has_its_test() -> None:
    with (Path(__file__).parent / "sharp_edges.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    missing = [row["test"] for row in rows if row["test"].split("::")[1] not in _tests_of(row["test"].split("::")[0])]
    assert missing == []
    assert {"A.2", "A.3", "A.5", "A.8", "bad input"} <= {row["section"] for row in rows}
