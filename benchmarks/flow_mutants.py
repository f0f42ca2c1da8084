"""Does a test fail for every rule of the flow interpreter that is broken? `make mutants`.

mutmut breaks the interpreter in one place after the other (`tool.mutmut` in pyproject.toml names the files) and runs
the tests that reach it. This copies what they need, runs mutmut on the copy and writes the score and what survived to
`benchmarks/results/flow_mutants.md`.
"""

import difflib
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

ROOT: Final = Path(__file__).parent.parent
REPORT: Final = ROOT / "benchmarks" / "results" / "flow_mutants.md"
TARGET_PERCENT: Final = 85
_COPIED: Final = (
    "flows", "kit", "examples", "pyproject.toml", "tests/__init__.py", "tests/unit/__init__.py", "tests/unit/flows",
    "tests/conformance/__init__.py", "tests/conformance/vfdl",
)  # fmt: skip
# They take long and say nothing of the interpreter, or find by chance what the others find by rule.
_LEFT_OUT: Final = ("test_edit.py", "test_tree.py", "test_graph_svg.py", "test_interpreter_properties.py")
_MADE: Final = re.compile(r"def (x\w*?)__mutmut_(\w+)\(")
_SURVIVED, _UNREACHED = 0, 33  # mutmut's exit codes; all others mean that a test failed, or never ended


@click.command()
@click.option("--work", type=click.Path(path_type=Path), default=ROOT / ".tools" / "mutants" / "work", help="The copy.")
@click.option("--report-only", is_flag=True, help="Write the report of the last run.")
@click.option("--children", default=1, show_default=True, help="Tests at once.")
def main(work: Path, report_only: bool, children: int) -> None:
    """Break the interpreter and count what the tests notice."""
    if not report_only:
        _copy(work)
        mutmut = Path(sys.executable).parent / "mutmut"
        subprocess.run([mutmut, "run", "--max-children", str(children)], cwd=work, check=False, stdout=sys.stderr)
    results = {file.name.removesuffix(".meta"): _results(file) for file in sorted(work.glob("mutants/flows/*.meta"))}
    if not results:
        raise click.ClickException("mutmut made nothing; see its messages.")
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text("\n".join(_report(work, results)) + "\n", encoding="utf-8")
    print("\n".join(_table(results)))


def _copy(work: Path) -> None:
    shutil.rmtree(work, ignore_errors=True)
    for name in _COPIED:
        target = work / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__", *_LEFT_OUT))
        else:
            shutil.copy(ROOT / name, target)


def _results(meta: Path) -> dict[str, int]:
    codes: dict[str, int] = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    return codes


def _counts(codes: dict[str, int]) -> tuple[int, int, int]:
    """How many were noticed, how many survived, and how many no test reaches."""
    counted = Counter(
        "unreached" if code == _UNREACHED else "survived" if code == 0 else "killed" for code in codes.values()
    )
    return counted["killed"], counted["survived"], counted["unreached"]


def _table(results: dict[str, dict[str, int]]) -> Iterator[str]:
    yield "| file | mutants | noticed | survived | not reached | score |"
    yield "|---|---|---|---|---|---|"
    total = [0, 0, 0]
    for name, codes in results.items():
        counts = _counts(codes)
        total = [a + b for a, b in zip(total, counts, strict=True)]
        yield _row(name, counts)
    yield _row("**all**", (total[0], total[1], total[2]))


def _row(name: str, counts: tuple[int, int, int]) -> str:
    killed, survived, unreached = counts
    made = sum(counts)
    return f"| {name} | {made} | {killed} | {survived} | {unreached} | {100 * killed / max(made, 1):.1f} % |"


def _report(work: Path, results: dict[str, dict[str, int]]) -> Iterator[str]:
    yield "# Mutants of the flow interpreter\n"
    yield f"Made by `make mutants` (mutmut, every mutation that it knows); the target is {TARGET_PERCENT} %.\n"
    yield from _table(results)
    yield "\nWhat no test noticed: the line as it was (`-`) and as it was made (`+`). Many are no errors at all (a"
    yield "default that is given anyway, a text that no test need fix word for word); the others want a test."
    for name, codes in results.items():
        left = [key for key, code in codes.items() if code in (_SURVIVED, _UNREACHED)]
        if left:
            yield f"\n## {name}\n\n```diff"
            yield from _changes(work / "mutants" / "flows" / name, left)
            yield "```"


def _changes(file: Path, left: list[str]) -> Iterator[str]:
    bodies = dict(_functions(file.read_text(encoding="utf-8")))
    for key in left:
        name, _, number = key.rpartition("__mutmut_")
        name = name.rpartition(".")[2]
        before, after = bodies.get((name, "orig"), []), bodies.get((name, number), [])
        changed = [
            line for line in difflib.unified_diff(before, after, lineterm="", n=0) if line[:2] not in ("--", "++", "@@")
        ]
        yield f"# {name.removeprefix('x_')} {number}"
        yield from (line[0] + line[1:].strip() for line in changed if "__mutmut_" not in line)


def _functions(source: str) -> Iterator[tuple[tuple[str, str], list[str]]]:
    """Each function that mutmut wrote into the file: its name, its number, its lines."""
    lines = source.splitlines()
    starts = [(index, made) for index, line in enumerate(lines) if (made := _MADE.search(line))]
    for index, made in starts:
        indent = len(lines[index]) - len(lines[index].lstrip())
        end = index + 1
        while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > indent):
            end += 1
        yield (made[1], made[2]), lines[index:end]


if __name__ == "__main__":
    main()
