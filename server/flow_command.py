"""`antiphon flow`: check, try and draw flows."""

import sys
from pathlib import Path

import click

from flows.actions import Action, Ask, FlowEnded, Say, StateEntered, TransitionBlocked, VariableSet
from flows.check import check
from flows.events import AskFailed, BotFinished, Event, Heard, Started, Tick
from flows.findings import Finding, has_errors
from flows.graph import to_mermaid
from flows.interpreter import initial, step
from flows.load import FlowError, load
from flows.model import Flow
from flows.parse import parse
from flows.state import State
from kit.clock import Clock

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("flow")
def flow_group() -> None:
    """Check, try and draw flows."""


@flow_group.command("check")
@click.argument("files", nargs=-1, required=True, type=_FILE)
def check_command(files: tuple[Path, ...]) -> None:
    """Print what is wrong with FILES; exit with 1 if one of them cannot run."""
    broken = False
    for path in files:
        flow, findings = parse(_text(path))
        found = findings if flow is None else (*findings, *check(flow))
        for finding in found:
            click.echo(_line(path, finding))
        broken = broken or has_errors(found)
        if not found:
            click.echo(f"{path}: ok")
    sys.exit(1 if broken else 0)


@flow_group.command("graph")
@click.argument("file", type=_FILE)
@click.option("-o", "--output", type=click.Choice(["mermaid"]), default="mermaid", help="The format.")
def graph_command(file: Path, output: str) -> None:
    """Draw FILE."""
    del output  # one format so far
    click.echo(to_mermaid(_load(file)), nl=False)


@flow_group.command("run")
@click.argument("file", type=_FILE)
@click.option("--today", default=None, metavar="YYYY-MM-DD", help="The caller's day.")
def run_command(file: Path, today: str | None) -> None:
    """Talk to FILE in the terminal; an empty line is silence, end of input hangs up."""
    flow = _load(file)
    day = today or Clock().utc().date().isoformat()
    now_s = 0.0
    state = _advance(flow, initial(flow), Started(today=day), now_s)
    while not state.ended:
        state = _advance(flow, state, BotFinished(), now_s)
        if state.ended:
            break
        try:
            said = click.prompt("you", default="", show_default=False, prompt_suffix="> ")
        except click.Abort:
            break
        if said:
            state = _advance(flow, state, Heard(said), now_s)
        elif state.deadline_s is not None:
            now_s = state.deadline_s
            state = _advance(flow, state, Tick(), now_s)


def _advance(flow: Flow, state: State, event: Event, now_s: float) -> State:
    state, actions = step(flow, state, event, now_s)
    for action in actions:
        _print(action)
    if any(isinstance(action, Ask) for action in actions):
        state = _advance(flow, state, AskFailed(state.epoch, "no_llm"), now_s)
    return state


def _print(action: Action) -> None:
    match action:
        case Say(text=text):
            click.echo(f"bot> {text}")
        case StateEntered(state=name, refreshed=False):
            click.secho(f"  [{name}]", dim=True)
        case VariableSet(key=key, value=value):
            click.secho(f"  {key} = {value}", dim=True)
        case TransitionBlocked(reason=reason, detail=detail):
            click.secho(f"  blocked: {reason}: {detail}", dim=True)
        case FlowEnded(reason=reason):
            click.secho(f"  end: {reason}", dim=True)
        case _:
            pass


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig", "replace")


def _load(path: Path) -> Flow:
    try:
        return load(_text(path))
    except FlowError as error:
        for finding in error.findings:
            click.echo(_line(path, finding), err=True)
        raise click.ClickException(str(error)) from error


def _line(path: Path, finding: Finding) -> str:
    return f"{path}:{finding.line}:{finding.column}: {finding.severity} {finding.code}: {finding.message}"
