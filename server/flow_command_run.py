"""`antiphon flow run`: a conversation in the terminal."""

import json
from pathlib import Path
from typing import Any

import click

from flows.actions import Ask
from flows.narrate import narrate
from flows.scenario import Run, Scenario, parse_scenarios
from kit.clock import Clock
from server.flow_command_files import FILE, finding_line, load_flow, text_of

_HELP = """\
Type what the caller says. An empty line is silence; the end of input hangs up. Other events:
  /keys 12#               telephone keys
  /ui ACTION [JSON]       the screen
  /tool NAME [JSON]       a tool call of the language model (with --llm)"""


@click.command("run", epilog=_HELP)
@click.argument("file", type=FILE)
@click.option("--today", default=None, metavar="YYYY-MM-DD", help="The caller's day.")
@click.option("--events", type=FILE, help="Take the events from here: a scenario, or its list of steps.")
@click.option("--llm", is_flag=True, help="As with a language model, which you play.")
def run_command(file: Path, today: str | None, events: Path | None, llm: bool) -> None:
    """Talk to FILE in the terminal."""
    flow = load_flow(file)
    script = Scenario("", (), "", llm) if events is None else _script(events)
    day = today or (script.today if events is not None else Clock().utc().date().isoformat())
    running = Run(flow, Scenario(file.name, (), day, llm or script.llm, script.context))
    _show(running)
    if events is None:
        _converse(running)
        return
    for entry in script.steps:
        if entry.kind and not running.state.ended:
            click.echo(f"{entry.kind}> {entry.value}")
            running.take(entry.kind, entry.value)
            _show(running)


def _script(path: Path) -> Scenario:
    scenarios, findings = parse_scenarios(text_of(path))
    if not scenarios:
        for finding in findings:
            click.echo(finding_line(path, finding), err=True)
        raise click.ClickException(f"{path} is no list of events.")
    return scenarios[0]


def _converse(running: Run) -> None:
    while not running.state.ended:
        try:
            said = click.prompt("you", default="", show_default=False, prompt_suffix="> ")
        except click.Abort:
            return
        try:
            running.take(*_event(said))
        except ValueError as error:
            click.echo(str(error), err=True)
        _show(running)


def _event(said: str) -> tuple[str, Any]:
    """What a line means, as a step of a scenario."""
    if not said:
        return "silence", None
    if not said.startswith("/"):
        return "heard", said
    command, _, rest = said[1:].partition(" ")
    name, _, values = rest.partition(" ")
    if not name or command not in ("keys", "ui", "tool"):
        raise ValueError(_HELP)
    if command == "keys":
        return "dtmf", name
    try:
        data = json.loads(values) if values.strip() else {}
    except ValueError as error:
        raise ValueError(f"Not JSON: {error}") from error
    if not isinstance(data, dict):
        raise ValueError("The data is a JSON object.")  # noqa: TRY004 - what was typed is wrong, not a type
    return command, (name, data)


def _show(running: Run) -> None:
    """Print what was done, and go on by templates where a model would speak and none is played."""
    while running.actions:
        actions, running.actions = running.actions, []
        for action in actions:
            for line in narrate(action):
                kind, _, rest = line.partition(" ")
                click.echo(f"bot> {rest}") if kind == "say" else click.secho(f"  {_told(kind, rest)}", dim=True)
        if any(isinstance(action, Ask) for action in actions):
            click.secho("  (the language model speaks now)", dim=True)


def _told(kind: str, rest: str) -> str:
    match kind:
        case "enter":
            return f"[{rest}]"
        case "set":
            name, _, value = rest.partition(" ")
            return f"{name} = {value}"
        case _:
            return f"{kind}: {rest}"
