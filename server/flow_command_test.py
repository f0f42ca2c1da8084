"""`antiphon flow test`: scenarios, with exit codes for CI."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from flows.scenario import Mismatch, parse_scenarios, run
from server.flow_command_files import FILE, finding_line, flow_file, load_flow, text_of


@click.command("test")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--flow", "named", type=FILE, help="Test this flow in the place of the one that the scenarios name.")
def test_command(files: tuple[Path, ...], named: Path | None) -> None:
    """Run scenario FILES; exit with 1 if a flow did anything else than they expect, with 2 if one cannot be run."""
    passes = [passed for path in files for passed in _run(path, named)]
    click.echo(f"{sum(passes)} passed, {len(passes) - sum(passes)} failed")
    sys.exit(0 if all(passes) else 1)


def _run(path: Path, named: Path | None) -> list[bool]:
    scenarios, findings = parse_scenarios(text_of(path))
    for finding in findings:
        click.echo(finding_line(path, finding), err=True)
    if not scenarios or not (scenarios[0].flow or named):
        click.echo(f"{path}: not a scenario" + (": it names no flow" if scenarios else ""), err=True)
        sys.exit(2)
    try:
        flow = load_flow(named or flow_file(scenarios[0].flow, path))
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    return [_passes(path, scenario.name, run(flow, scenario)) for scenario in scenarios]


def _passes(path: Path, name: str, wrong: tuple[Mismatch, ...]) -> bool:
    click.echo(f"{path}: {f'{name}: ' if name else ''}{'FAILED' if wrong else 'ok'}")
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
