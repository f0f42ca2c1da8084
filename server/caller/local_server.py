"""A server of our own for one caller: the real application in a process of its own, on a free loopback port."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from kit.errors import ConfigError

_START_S = 60.0
_STOP_S = 10.0
_POLL_S = 0.05
_HOST = "127.0.0.1"


@contextlib.contextmanager
def local_server(flows_dir: Path | None = None, settings: dict[str, str] | None = None) -> Iterator[str]:
    """Run a server until the block ends; yields its address.

    Args:
        flows_dir: The folder of its flows; None: the one it takes by itself.
        settings: Further settings, as environment variables.

    Raises:
        ConfigError: It did not start; the message ends with what it said last.
    """
    with server_process(flows_dir, settings) as (address, _):
        yield address


@contextlib.contextmanager
def server_process(flows_dir: Path | None, settings: dict[str, str] | None) -> Iterator[tuple[str, int]]:
    """Like `local_server`, and yields `(address, process id)`, for those who measure the process."""
    port = _free_port()
    environment = os.environ | {"HOST": _HOST, "PORT": str(port), "DRAIN_TIMEOUT_S": "0"} | (settings or {})
    if flows_dir is not None:
        environment["FLOWS_DIR"] = str(flows_dir.resolve())
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "server.main", "serve"], env=environment, stdout=said, stderr=said
        )
        try:
            if not _ready(process, port):
                said.seek(0)
                tail = said.read().decode(errors="replace")[-2000:].strip()
                raise ConfigError(f"the server did not start; it said:\n{tail}", code="caller.server_not_started")
            yield f"http://{_HOST}:{port}", process.pid
        finally:
            _stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _ready(process: subprocess.Popen[bytes], port: int) -> bool:
    pause = threading.Event()
    for _ in range(round(_START_S / _POLL_S)):
        if process.poll() is not None:
            return False
        connection = http.client.HTTPConnection(_HOST, port, timeout=2)
        try:
            connection.request("GET", "/ready")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return True
        except (OSError, http.client.HTTPException):
            pass  # not listening yet
        finally:
            connection.close()
        pause.wait(_POLL_S)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
