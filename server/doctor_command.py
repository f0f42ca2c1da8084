"""`antiphon doctor`."""

from itertools import chain

import click

from server.doctor import Diagnosis, examine
from server.doctor_providers import examine_providers
from server.settings import load_settings


@click.command()
@click.option("--providers", is_flag=True, help="Ask every provider for a word too; costs next to nothing.")
def doctor(providers: bool) -> None:
    """Check this installation and say how to fix it; exit code 1 if there is a problem."""
    problems = 0
    settings = load_settings()
    for diagnosis in chain(examine(settings), examine_providers(settings) if providers else ()):
        problems += diagnosis.problem
        for line in lines_of(diagnosis):
            click.echo(line)
    if problems:
        raise SystemExit(1)


def lines_of(diagnosis: Diagnosis) -> list[str]:
    """Return what to print for one diagnosis."""
    lines = [f"{'✗' if diagnosis.problem else '✓'} {diagnosis.name}: {diagnosis.detail}"]
    return [*lines, f"    → {diagnosis.fix}"] if diagnosis.fix else lines
