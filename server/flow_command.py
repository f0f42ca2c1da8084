"""`antiphon flow`: check, draw, try and test flows."""

import sys
from pathlib import Path

import click

from flows.check import check
from flows.findings import has_errors
from flows.graph import to_mermaid
from flows.graph_svg import to_svg
from flows.parse import parse
from server.flow_command_files import FILE, finding_line, load_flow, text_of
from server.flow_command_run import run_command
from server.flow_command_test import test_command


@click.group("flow")
def flow_group() -> None:
    """Check, draw, try and test flows."""


@flow_group.command("check")
@click.argument("files", nargs=-1, required=True, type=FILE)
def check_command(files: tuple[Path, ...]) -> None:
    """Print what is wrong with FILES; exit with 1 if one of them cannot run."""
    broken = False
    for path in files:
        flow, findings = parse(text_of(path))
        found = findings if flow is None else (*findings, *check(flow))
        for finding in found:
            click.echo(finding_line(path, finding))
        broken = broken or has_errors(found)
        if not found:
            click.echo(f"{path}: ok")
    sys.exit(1 if broken else 0)


@flow_group.command("graph")
@click.argument("file", type=FILE)
@click.option("-o", "--output", type=click.Choice(["mermaid", "svg"]), default="mermaid", help="The format.")
def graph_command(file: Path, output: str) -> None:
    """Draw FILE."""
    flow = load_flow(file)
    click.echo(to_svg(flow) if output == "svg" else to_mermaid(flow), nl=False)


flow_group.add_command(run_command)
flow_group.add_command(test_command)
