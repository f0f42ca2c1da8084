"""`antiphon doctor`."""

import click

from server.doctor import Diagnosis, examine
from server.settings import load_settings


@click.command()
def doctor() -> None:
    """Check this installation and say how to fix it; exit code 1 if there is a problem."""
    problems = 0
    for diagnosis in examine(load_settings()):
        problems += diagnosis.problem
        for line in lines_of(diagnosis):
            click.echo(line)
    if problems:
        raise SystemExit(1)


def lines_of(diagnosis: Diagnosis) -> list[str]:
    """Return what to print for one diagnosis."""
    lines = [f"{'✗' if diagnosis.problem else '✓'} {diagnosis.name}: {diagnosis.detail}"]
    return [*lines, f"    → {diagnosis.fix}"] if diagnosis.fix else lines
