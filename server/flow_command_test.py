"""`antiphon flow test`: scenarios, with exit codes for CI."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from flows.scenario import Mismatch, parse_scenario, run
from server.flow_command_files import FILE, finding_line, flow_file, load_flow, text_of


@click.command("test")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--flow", "named", type=FILE, help="Test this flow in the place of the one that the scenarios name.")
def test_command(files: tuple[Path, ...], named: Path | None) -> None:
    """Run scenario FILES; exit with 1 if a flow did anything else than they expect, with 2 if one cannot be run."""
    failed = sum(not _passes(path, named) for path in files)
    click.echo(f"{len(files) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


def _passes(path: Path, named: Path | None) -> bool:
    scenario, findings = parse_scenario(text_of(path))
    for finding in findings:
        click.echo(finding_line(path, finding), err=True)
    if scenario is None or not (scenario.flow or named):
        click.echo(f"{path}: not a scenario" + (": it names no flow" if scenario else ""), err=True)
        sys.exit(2)
    try:
        flow = load_flow(named or flow_file(scenario.flow, path))
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    wrong = run(flow, scenario)
    click.echo(f"{path}: {'ok' if not wrong else 'FAILED'}")
    shown = 0
    for mismatch in wrong:
        if mismatch.step != shown:
            click.echo(f"  {path}:{mismatch.line}: step {mismatch.step} ({mismatch.event})")
        shown = mismatch.step
        _show(mismatch)
    return not wrong


def _show(mismatch: Mismatch) -> None:
    click.echo(f"    {mismatch.what}")
    for sign, colour, value in (("-", "red", mismatch.expected), ("+", "green", mismatch.got)):
        for line in _lines(value):
            click.secho(f"      {sign} {line}", fg=colour)


def _lines(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(each) for each in value] or ["(nothing)"]
    return [value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)]
