"""Flow and scenario files, as the commands read them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import click

from flows.findings import Finding
from flows.load import FlowError, load
from flows.model import Flow

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_EXAMPLES = Path("examples/flows")


def text_of(path: Path) -> str:
    """A file's text; bytes that are no UTF-8 show as such in the findings."""
    return path.read_bytes().decode("utf-8-sig", "replace")


def finding_line(path: Path, finding: Finding) -> str:
    """One finding as compilers print them."""
    return f"{path}:{finding.line}:{finding.column}: {finding.severity} {finding.code}: {finding.message}"


def load_flow(path: Path) -> Flow:
    """Read a flow, and those beside it that it can call.

    Raises:
        click.ClickException: It cannot run; the findings are printed.
    """
    try:
        flow = load(text_of(path))
    except FlowError as error:
        for finding in error.findings:
            click.echo(finding_line(path, finding), err=True)
        raise click.ClickException(f"{path}: {error}") from error
    return replace(flow, library=_neighbours(path)) if any(node.call for node in flow.states.values()) else flow


def _neighbours(path: Path) -> Mapping[str, Flow]:
    library = {}
    for file in sorted(path.parent.glob("*.yaml")):
        try:
            library[file.stem] = load(text_of(file))
        except FlowError:
            continue  # it is not called, or the call fails in the conversation as it would in the server
    return MappingProxyType({flow.id: flow for flow in library.values()} | library)


def flow_file(named: str, scenario: Path) -> Path:
    """The flow that a scenario names: beside it, in the examples of the repository, or from here.

    Raises:
        click.ClickException: It is nowhere.
    """
    name = named if named.endswith((".yaml", ".yml", ".json")) else f"{named}.yaml"
    examples = [folder / _EXAMPLES for folder in (Path(), *scenario.resolve().parents)]
    for folder in (scenario.parent, *examples, Path()):
        if (folder / name).is_file():
            return folder / name
    raise click.ClickException(f"{scenario}: there is no flow '{named}'.")
