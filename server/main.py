"""The `antiphon` command. A subcommand's module is imported only when it runs, so that `--help` is quick."""

import importlib
from dataclasses import dataclass

import click

from kit.errors import ConfigError


@dataclass(frozen=True, slots=True)
class _Command:
    module: str
    attribute: str
    help: str


COMMANDS = {
    "serve": _Command("server.serve_command", "serve", "Run the server: talk to your flows in a browser."),
    "call": _Command("server.caller.command", "call", "Call a flow as a simulated caller."),
    "flow": _Command("server.flow_command", "flow_group", "Check, simulate and show flows."),
    "openapi": _Command("server.openapi_command", "openapi", "Print the OpenAPI document of the HTTP routes."),
    "db": _Command("server.db_command", "db", "Bring the database to this version's schema."),
    "doctor": _Command("server.doctor_command", "doctor", "Check this installation and say how to fix it."),
}


class LazyGroup(click.Group):
    """A group that knows its commands' names and one-line helps without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which one needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command = getattr(importlib.import_module(entry.module), entry.attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what the operator must mend is a message, not a traceback."""
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="antiphon")
def main() -> None:
    """Antiphon: conversations as state machines, over browser and phone."""


if __name__ == "__main__":
    main()
