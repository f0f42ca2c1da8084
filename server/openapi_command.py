"""`antiphon openapi`."""

import json
import tempfile
from pathlib import Path
from typing import Any

import click

from server.settings import load_settings
from transports.live import LiveCalls


@click.command()
def openapi() -> None:
    """Print the OpenAPI document of all HTTP routes, as the server has it at /openapi.json."""
    click.echo(json.dumps(document(), indent=2, ensure_ascii=False))


def document() -> dict[str, Any]:
    """Return the document; nothing of this installation is read or written."""
    from server.wiring import build  # the models' runtimes: a second that --help need not wait

    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(
            data_dir=Path(folder), flows_dir=Path(folder), database_url="sqlite:///never-opened.db"
        )
        return build(settings, LiveCalls()).openapi()
