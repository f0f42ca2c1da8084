"""`antiphon serve`."""

import socket
from pathlib import Path

import click

from server import drain, logging
from server.pages import is_built
from server.settings import Settings, load_settings
from transports.live import LiveCalls


@click.command()
@click.option("--host", help="Address to listen on (HOST).")
@click.option("--port", type=int, help="Port to listen on, 0 for any free one (PORT).")
@click.option("--flows", "flows_dir", type=click.Path(path_type=Path), help="Folder of flow files (FLOWS_DIR).")
def serve(host: str | None, port: int | None, flows_dir: Path | None) -> None:
    """Run the server until Ctrl+C; live calls are let finish, a second Ctrl+C stops at once."""
    settings = load_settings(host=host, port=port, flows_dir=flows_dir)
    logging.configure(settings.log_level, as_json=settings.log_json)
    with drain.listen(settings.host, settings.port) as listener:
        from server.wiring import build  # loads the models' runtimes: seconds, not for a taken port

        live = LiveCalls()
        app = build(settings, live)
        url = address(settings, listener)
        try:
            drain.serve(app, listener, live, settings.drain_timeout_s, lambda: _announce(url))
        except KeyboardInterrupt:
            raise SystemExit(130) from None


def address(settings: Settings, listener: socket.socket) -> str:
    """Return the address to open in a browser on this machine."""
    port = listener.getsockname()[1]
    host = {"0.0.0.0": "127.0.0.1", "::": "localhost", "": "127.0.0.1"}.get(settings.host, settings.host)
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _announce(url: str) -> None:
    click.echo(f"Talk to it: {url}")
    if not is_built():
        click.echo("The talk page is not built yet: run `make web`.")
